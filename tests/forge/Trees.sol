// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Share} from "contracts/interfaces/IRoyaltySplitter.sol";
import {Node} from "contracts/libraries/SumTree.sol";

/// @title Trees by the book
/// @notice Builds split trees and sum trees level by level, as docs/formats.md describes them, with no code of the suite.
library Trees {
    bytes32 internal constant SHARE = keccak256("Share(bytes32 payee,uint32 ppm)");

    /* SPLITS */

    function splitId(Share[] memory shares) internal pure returns (bytes32) {
        return _array(shares)[0];
    }

    function shareProof(Share[] memory shares, uint256 index) internal pure returns (bytes32[] memory proof) {
        bytes32[] memory tree = _array(shares);
        bytes32[] memory longest = new bytes32[](16);
        uint256 length;
        for (uint256 at = tree.length - 1 - index; at != 0; at = (at - 1) / 2) {
            longest[length++] = tree[at % 2 == 0 ? at - 1 : at + 1];
        }
        proof = new bytes32[](length);
        for (uint256 i; i < length; ++i) {
            proof[i] = longest[i];
        }
    }

    /// @dev A complete binary tree in an array of 2n-1: leaf i at 2n-2-i, node k-1 over 2k-1 and 2k.
    function _array(Share[] memory shares) private pure returns (bytes32[] memory tree) {
        tree = new bytes32[](2 * shares.length - 1);
        for (uint256 i; i < shares.length; ++i) {
            tree[tree.length - 1 - i] = keccak256(abi.encode(SHARE, shares[i]));
        }
        for (uint256 k = shares.length - 1; k != 0; --k) {
            (bytes32 left, bytes32 right) = (tree[2 * k - 1], tree[2 * k]);
            tree[k - 1] = left < right ? keccak256(abi.encode(left, right)) : keccak256(abi.encode(right, left));
        }
    }

    /* SUMS */

    function sumRoot(Node[] memory leaves) internal pure returns (Node memory) {
        Node[] memory level = leaves;
        while (level.length != 1) {
            level = _above(level);
        }
        return level[0];
    }

    function sumProof(Node[] memory leaves, uint256 index) internal pure returns (Node[] memory proof) {
        Node[] memory longest = new Node[](32);
        uint256 length;
        for (Node[] memory level = leaves; level.length != 1; (level, index) = (_above(level), index / 2)) {
            uint256 beside = index % 2 == 0 ? index + 1 : index - 1;
            if (beside < level.length) longest[length++] = level[beside];
        }
        proof = new Node[](length);
        for (uint256 i; i < length; ++i) {
            proof[i] = longest[i];
        }
    }

    function _above(Node[] memory level) private pure returns (Node[] memory up) {
        up = new Node[]((level.length + 1) / 2);
        for (uint256 i; i < up.length; ++i) {
            up[i] = 2 * i + 1 == level.length ? level[2 * i] : _parent(level[2 * i], level[2 * i + 1]);
        }
    }

    function _parent(Node memory left, Node memory right) private pure returns (Node memory) {
        uint256 amount = (left.sum >> 64) + (right.sum >> 64);
        uint256 calls = uint64(left.sum) + uint256(uint64(right.sum));
        return Node(keccak256(abi.encode(left.hash, left.sum, right.hash, right.sum)), amount << 64 | calls);
    }
}
