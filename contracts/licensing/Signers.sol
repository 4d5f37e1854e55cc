// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {Relayable} from "../base/Relayable.sol";
import {ISigners} from "../interfaces/ISigners.sol";
import {Scopes} from "../libraries/Scopes.sol";

/// @title Signers, one setting for everything
/// @notice Holds, for each account and key, until when each scope lasts. Only the account sets it.
abstract contract Signers is ISigners, Relayable {
    /// @dev How long those who rely on a key can still do so.
    uint256 internal constant GRACE = 1 days;

    /// @dev One slot: until when, by scope.
    struct Signer {
        uint64 accessUntil;
        uint64 payUntil;
        uint64 settleUntil;
    }

    mapping(address account => mapping(address key => Signer)) internal _signers;

    /// @inheritdoc ISigners
    function setSigner(address signer, uint8 scopes, uint64 until) external {
        address account = _sender();
        require(signer != address(0) && signer != account, Signer_Invalid(account, signer));
        require(scopes <= Scopes.ALL, Signer_UnknownScopes(scopes));

        Signer storage stored = _signers[account][signer];
        stored.accessUntil = _until(stored.accessUntil, scopes & Scopes.ACCESS != 0 ? until : 0);
        stored.payUntil = _until(stored.payUntil, scopes & Scopes.PAY != 0 ? until : 0);
        stored.settleUntil = _until(stored.settleUntil, scopes & Scopes.SETTLE != 0 ? until : 0);

        emit SignerSet(account, signer, stored.accessUntil, stored.payUntil, stored.settleUntil);
    }

    /// @inheritdoc ISigners
    function signerUntil(address account, address signer, uint8 scopes) public view returns (uint64 until) {
        require(scopes != 0 && scopes <= Scopes.ALL, Signer_UnknownScopes(scopes));
        until = type(uint64).max;
        if (signer == account) return until;
        Signer storage stored = _signers[account][signer];
        if (scopes & Scopes.ACCESS != 0 && stored.accessUntil < until) until = stored.accessUntil;
        if (scopes & Scopes.PAY != 0 && stored.payUntil < until) until = stored.payUntil;
        if (scopes & Scopes.SETTLE != 0 && stored.settleUntil < until) until = stored.settleUntil;
    }

    /// @inheritdoc ISigners
    function isSigner(address account, address signer, uint8 scopes) public view returns (bool) {
        return signerUntil(account, signer, scopes) > block.timestamp;
    }

    /// @dev The cast is of a minimum with a uint64.
    function _until(uint64 old, uint64 wanted) internal view returns (uint64) {
        uint256 kept = old > block.timestamp ? FixedPointMathLib.min(old, block.timestamp + GRACE) : 0;
        return uint64(FixedPointMathLib.max(wanted, kept));
    }
}
