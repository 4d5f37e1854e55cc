// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {MockToken} from "./MockToken.sol";

/// @title A token whose holders sign transfers that anyone may submit (EIP-3009), as USDC has it
contract AuthorizationToken is MockToken {
    bytes32 internal constant TRANSFER_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    mapping(address from => mapping(bytes32 nonce => bool)) internal _used;

    error AuthorizationToken_Expired(uint256 validAfter, uint256 validBefore);
    error AuthorizationToken_Used(address from, bytes32 nonce);
    error AuthorizationToken_InvalidSignature(address from);

    constructor() MockToken("AUTH", 6) {}

    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        require(
            validAfter < block.timestamp && block.timestamp < validBefore,
            AuthorizationToken_Expired(validAfter, validBefore)
        );
        require(!_used[from][nonce], AuthorizationToken_Used(from, nonce));
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(TRANSFER_TYPEHASH, from, to, value, validAfter, validBefore, nonce)));
        require(ECDSA.recoverCalldata(digest, signature) == from, AuthorizationToken_InvalidSignature(from));

        _used[from][nonce] = true;
        _transfer(from, to, value);
    }
}
