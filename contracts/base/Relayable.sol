// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {EIP712} from "solady/utils/EIP712.sol";
import {LibBitmap} from "solady/utils/LibBitmap.sol";
import {Multicallable} from "solady/utils/Multicallable.sol";

import {IRelayable} from "../interfaces/IRelayable.sol";

/// @title Relayed and batched calls
/// @notice Holds each account's used nonces. A signed call runs as a call of the contract to itself, and only inside
/// such a call does `_sender()` answer with the signer, so nobody who is called on the way ever inherits the identity.
abstract contract Relayable is IRelayable, EIP712, Multicallable {
    using LibBitmap for LibBitmap.Bitmap;

    bytes32 internal constant CALL_TYPEHASH =
        keccak256("Call(address account,bytes data,uint256 nonce,uint256 deadline)");

    mapping(address account => LibBitmap.Bitmap nonces) internal _usedNonces;

    /// @dev Who signed the call in progress; zero outside `callFor`.
    address internal transient _signer;

    /// @inheritdoc IRelayable
    function callFor(address account, bytes calldata data, uint256 nonce, uint256 deadline, bytes calldata signature)
        external
        returns (bytes memory result)
    {
        require(_signer == address(0), Relay_Nested());
        require(block.timestamp <= deadline, Relay_Expired(deadline, block.timestamp));
        require(!_usedNonces[account].get(nonce), Relay_NonceUsed(account, nonce));
        bytes32 digest = _hashTypedData(keccak256(abi.encode(CALL_TYPEHASH, account, keccak256(data), nonce, deadline)));
        require(_isSignedBy(account, digest, signature), Relay_InvalidSignature(account));

        _usedNonces[account].set(nonce);
        _signer = account;

        emit CallRelayed(account, nonce, msg.sender);

        bool success;
        (success, result) = address(this).call(data);
        _signer = address(0);
        if (!success) {
            // The revert data goes on unchanged: errors read the same relayed or direct.
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    /// @inheritdoc IRelayable
    function cancel(uint256[] calldata nonces) external {
        address account = _sender();
        for (uint256 i; i < nonces.length; ++i) {
            _usedNonces[account].set(nonces[i]);
            emit NonceCancelled(account, nonces[i]);
        }
    }

    /// @inheritdoc IRelayable
    function isNonceUsed(address account, uint256 nonce) external view returns (bool) {
        return _usedNonces[account].get(nonce);
    }

    /// @dev As a key first: an account that delegated its code (EIP-7702) to something without ERC-1271 still has its key.
    function _isSignedBy(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address recovered, ECDSA.RecoverError failed,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failed == ECDSA.RecoverError.NoError && recovered == account) return true;
        return SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature);
    }

    /// @dev Who is acting: the signer inside a relayed call, else the caller.
    function _sender() internal view returns (address) {
        return msg.sender == address(this) ? _signer : msg.sender;
    }
}
