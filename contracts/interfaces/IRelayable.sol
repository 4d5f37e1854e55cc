// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Calls that an account signs and anyone may carry out
/// @notice Every Audiera contract is relayable, so that nobody needs the chain's own coin to use it.
/// @dev Assumptions:
/// - Keys: what an address's own key signed is its will, also when it has delegated its code (EIP-7702).
/// - Wallets: whatever else the `isValidSignature` (ERC-1271) of an account with code accepts at the time is its will.
/// - Relayers: none has to carry a call out, and before its deadline any may, once, in an order of its choice.
/// - Chain: its id tells it from every other, transient storage (EIP-1153) is empty when a transaction starts, and
/// `block.timestamp` is right to some seconds.
/// - OpenZeppelin: `ECDSA` takes from a key 65 bytes with low s only; `SignatureChecker` asks a wallet without letting it
/// change anything, and copies one word of the answer.
/// - Solady: `EIP712` follows a change of the chain's id; `Multicallable` calls only the contract itself, as the same caller.
interface IRelayable {
    /// @notice A call that `account` signed was carried out by `relayer`.
    event CallRelayed(address indexed account, uint256 indexed nonce, address indexed relayer);

    /// @notice `account` voided whatever it signed, or will sign, under `nonce`.
    event NonceCancelled(address indexed account, uint256 indexed nonce);

    /// @notice The signed call was valid until `deadline` (Unix seconds), and it is now `time`.
    error Relay_Expired(uint256 deadline, uint256 time);

    /// @notice `account` has already used or cancelled `nonce`.
    error Relay_NonceUsed(address account, uint256 nonce);

    /// @notice The signature is not `account`'s over this call.
    error Relay_InvalidSignature(address account);

    /// @notice A relayed call cannot contain, or run beside, another one.
    error Relay_Nested();

    /// @notice This function is for its direct caller only; it cannot be relayed.
    error Relay_NotRelayable(bytes4 selector);

    /// @notice Carries out `data` on this contract as if `account` had sent it. Sends no value. Reverts exactly as the call does.
    /// @param account Who signed: a key, or a contract that answers ERC-1271.
    /// @param data The call, selector and arguments; `multicall` is welcome.
    /// @param nonce Any number that `account` has not used; numbers need no order.
    /// @param deadline The last second, in Unix time, at which the call may be carried out.
    /// @param signature Over EIP-712 `Call(address account,bytes data,uint256 nonce,uint256 deadline)` in this contract's domain.
    /// @return result What the call returned.
    function callFor(address account, bytes calldata data, uint256 nonce, uint256 deadline, bytes calldata signature)
        external
        returns (bytes memory result);

    /// @notice Voids the caller's signed calls with these nonces.
    function cancel(uint256[] calldata nonces) external;

    /// @notice Whether `account` has used or cancelled `nonce`.
    function isNonceUsed(address account, uint256 nonce) external view returns (bool);
}
