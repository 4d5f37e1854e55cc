// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A payee that does its worst when it receives ETH
contract HostileReceiver {
    enum Mode {
        Accepts,
        Reverts,
        BurnsGas,
        /// Reverts with a megabyte: whoever copies it pays for it.
        RevertBomb,
        /// Accepts, and returns a megabyte.
        ReturnBomb
    }

    Mode internal _mode;

    error HostileReceiver_Refused();

    constructor(Mode mode) {
        _mode = mode;
    }

    function setMode(Mode mode) external {
        _mode = mode;
    }

    receive() external payable {
        if (_mode == Mode.Reverts) revert HostileReceiver_Refused();
        if (_mode == Mode.BurnsGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (_mode == Mode.RevertBomb) {
            assembly ("memory-safe") {
                revert(0, 1000000)
            }
        }
        if (_mode == Mode.ReturnBomb) {
            assembly ("memory-safe") {
                return(0, 1000000)
            }
        }
    }
}
