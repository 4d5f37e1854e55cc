// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Reentrant} from "./Reentrant.sol";

/// @title A wallet that says yes to everything, and makes its planned call while it is asked (ERC-1271)
/// @dev It is asked by a static call, in which it can do nothing: then it goes on as if it had not tried.
contract ReentrantWallet is Reentrant {
    bytes4 internal constant MAGIC = 0x1626ba7e;

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        // What a static call forbids burns all gas it is given.
        if (attempts == 0) try this.reenter{gas: 1_000_000}() {} catch {}
        return MAGIC;
    }

    function reenter() external {
        _reenter();
    }
}
