// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Reentrant} from "./Reentrant.sol";

/// @title A payee that makes its planned call whenever it receives ETH
contract ReentrantReceiver is Reentrant {
    receive() external payable {
        _reenter();
    }
}
