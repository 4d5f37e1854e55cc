// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A contract wallet (ERC-1271) that its owner signs for, and that can misbehave when asked
contract Wallet1271 {
    enum Mode {
        /// The magic value for the owner's signatures, another word for others'.
        Honest,
        /// The magic value for anything.
        Gullible,
        Refuses,
        Reverts,
        /// The magic value, in fewer than 32 bytes.
        AnswersShort,
        /// The magic value, followed by a megabyte.
        ReturnBomb,
        BurnsGas
    }

    bytes4 internal constant MAGIC = 0x1626ba7e;

    address internal immutable OWNER;
    Mode internal _mode;

    error Wallet1271_Refused();

    constructor(address owner) {
        OWNER = owner;
    }

    receive() external payable {}

    function setMode(Mode mode) external {
        _mode = mode;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        Mode mode = _mode;
        if (mode == Mode.Gullible) return MAGIC;
        if (mode == Mode.Refuses) return 0xffffffff;
        if (mode == Mode.Reverts) revert Wallet1271_Refused();
        if (mode == Mode.AnswersShort) _answer(4);
        if (mode == Mode.ReturnBomb) _answer(1_000_000);
        if (mode == Mode.BurnsGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        return signer == OWNER ? MAGIC : bytes4(0xffffffff);
    }

    /// @dev Ends the call.
    function _answer(uint256 length) internal pure {
        bytes32 word = MAGIC;
        assembly {
            mstore(0, word)
            return(0, length)
        }
    }
}
