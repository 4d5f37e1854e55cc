// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Dataset, Kind} from "../interfaces/IDatasetRegistry.sol";

/// @title The 96 bits beside a dataset's owner
/// @notice From the lowest bit: registeredAt 32, version 16, kind 8, flags 8, epoch 32.
library DatasetData {
    function pack(Dataset memory dataset) internal pure returns (uint96) {
        return uint96(dataset.registeredAt) | uint96(dataset.version) << 32 | uint96(uint8(dataset.kind)) << 48
            | uint96(dataset.flags) << 56 | uint96(dataset.epoch) << 64;
    }

    /// @dev Each cast keeps exactly the field's own bits.
    function unpack(address owner, uint96 data) internal pure returns (Dataset memory) {
        return Dataset({
            owner: owner,
            registeredAt: uint32(data),
            version: uint16(data >> 32),
            kind: Kind(uint8(data >> 48)),
            flags: uint8(data >> 56),
            epoch: uint32(data >> 64)
        });
    }
}
