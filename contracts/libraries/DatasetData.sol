// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Kind} from "../interfaces/IDatasetRegistry.sol";

/// @notice The 96 bits beside a dataset's owner. From the lowest: registeredAt 32, version 16, kind 8, flags 8, epoch 32.
type DatasetData is uint96;

using DatasetDataLib for DatasetData global;

/// @title Packed dataset state
/// @notice Reads and writes the fields of `DatasetData`. Each cast keeps exactly the field's own bits.
library DatasetDataLib {
    /// @dev Bit of `flags`: the dataset has parents.
    uint8 internal constant DERIVED = 1;

    /// @dev Bit of `flags`: made wholly or mainly by a generative model, as its creator declares.
    uint8 internal constant SYNTHETIC = 2;

    /// @notice The state of a dataset registered now: version 1, epoch 0.
    function create(Kind newKind, uint8 newFlags) internal view returns (DatasetData) {
        return DatasetData.wrap(
            uint96(uint32(block.timestamp)) | uint96(1) << 32 | uint96(uint8(newKind)) << 48 | uint96(newFlags) << 56
        );
    }

    function registeredAt(DatasetData data) internal pure returns (uint32) {
        return uint32(DatasetData.unwrap(data));
    }

    function version(DatasetData data) internal pure returns (uint16) {
        return uint16(DatasetData.unwrap(data) >> 32);
    }

    function kind(DatasetData data) internal pure returns (Kind) {
        return Kind(uint8(DatasetData.unwrap(data) >> 48));
    }

    function flags(DatasetData data) internal pure returns (uint8) {
        return uint8(DatasetData.unwrap(data) >> 56);
    }

    function epoch(DatasetData data) internal pure returns (uint32) {
        return uint32(DatasetData.unwrap(data) >> 64);
    }

    function isDerived(DatasetData data) internal pure returns (bool) {
        return flags(data) & DERIVED != 0;
    }

    /// @notice The state with the next version, synthetic or not as that is; whether it is derived never changes.
    /// @dev The field is lifted out first, so that a full counter reverts instead of spilling into its neighbour.
    function withNextVersion(DatasetData data, uint8 newFlags) internal pure returns (DatasetData) {
        uint96 next = uint96(version(data) + 1) << 32 | uint96(newFlags & SYNTHETIC) << 56;
        uint96 kept = ~(uint96(type(uint16).max) << 32 | uint96(SYNTHETIC) << 56);
        return DatasetData.wrap(DatasetData.unwrap(data) & kept | next);
    }

    /// @dev As above.
    function withNextEpoch(DatasetData data) internal pure returns (DatasetData) {
        uint96 next = uint96(epoch(data) + 1) << 64;
        return DatasetData.wrap(DatasetData.unwrap(data) & ~(uint96(type(uint32).max) << 64) | next);
    }
}
