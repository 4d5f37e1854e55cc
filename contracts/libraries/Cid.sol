// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Content identifiers
/// @notice CIDv1 of a single raw block named by sha-256, in base32: what IPFS tools print for the same bytes.
/// @dev https://github.com/multiformats/cid, RFC 4648 base32 in lower case without padding, multibase prefix "b".
library Cid {
    bytes32 internal constant ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

    /// @dev Version 1, codec raw, multihash sha2-256 of 32 bytes.
    bytes4 internal constant PREFIX = 0x01551220;

    /// @notice "ipfs://" and the CID of the document with this sha-256 digest.
    function uri(bytes32 digest) internal pure returns (string memory) {
        return string.concat("ipfs://b", _base32(abi.encodePacked(PREFIX, digest)));
    }

    /// @dev For exactly 36 bytes: 57 groups of five bits, and three bits left over as the 58th.
    function _base32(bytes memory data) private pure returns (string memory) {
        bytes memory text = new bytes(58);
        uint256 bits;
        uint256 count;
        uint256 length;
        for (uint256 i; i < data.length; ++i) {
            bits = (bits << 8) | uint8(data[i]);
            count += 8;
            while (count >= 5) {
                count -= 5;
                text[length++] = ALPHABET[(bits >> count) & 31];
            }
        }
        text[length] = ALPHABET[(bits << (5 - count)) & 31];
        return string(text);
    }
}
