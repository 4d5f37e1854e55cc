// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The hot keys of holders, payers and gateways
/// @notice An account names keys that act for it. Nobody who relied on a key is stranded: taking a scope away, or
/// shortening it, takes at least a day.
/// @dev Assumptions:
/// - Keys: whoever has a signer's key has its powers until they end, for at least a day after they are taken away.
/// - Wallets: as a caller, a signer may be a contract. Vouchers are signed by keys alone, since a gateway that serves before
/// it settles cannot rely on an answer (ERC-1271) that may change.
/// - Chain: `block.timestamp` is right to some seconds.
interface ISigners {
    /// @notice `signer` acts for `account` until these times (Unix seconds, exclusive; zero: not at all).
    event SignerSet(
        address indexed account, address indexed signer, uint64 accessUntil, uint64 payUntil, uint64 settleUntil
    );

    /// @notice A signer is another address than the account, and not zero.
    error Signer_Invalid(address account, address signer);

    /// @notice Scopes are bit 0 access, bit 1 pay, bit 2 settle, and no others.
    error Signer_UnknownScopes(uint8 scopes);

    /// @notice Sets what `signer` may do for the caller, and until when. Scopes left out end as soon as they may.
    /// What is kept for each scope is max(new, min(old, now + 1 day)), an expired old one counting as nothing.
    /// Warning: a signer with the scope pay spends the caller's deposits and takes offers made to it; one with access uses its licences.
    /// @param until Unix seconds, exclusive.
    function setSigner(address signer, uint8 scopes, uint64 until) external;

    /// @notice Until when `signer` has all of `scopes` for `account`; the account itself has them for ever.
    function signerUntil(address account, address signer, uint8 scopes) external view returns (uint64);

    /// @notice Whether `signer` is `account`, or has all of `scopes` for it now.
    function isSigner(address account, address signer, uint8 scopes) external view returns (bool);
}
