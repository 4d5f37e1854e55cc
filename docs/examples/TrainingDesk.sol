// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ILicenseRegistry} from "../../contracts/interfaces/ILicenseRegistry.sol";

/// @notice Starts training jobs for those who may train on one dataset.
contract TrainingDesk {
    ILicenseRegistry internal immutable LICENSES;
    uint32 internal immutable DATASET;
    uint16 internal constant TRAINING = 1 << 2;

    event JobStarted(address indexed by, uint256 indexed licenseId);

    error NoLicense(address by, uint256 licenseId);

    constructor(ILicenseRegistry licenses, uint32 dataset) {
        (LICENSES, DATASET) = (licenses, dataset);
    }

    function start(uint256 licenseId) external {
        require(LICENSES.isAuthorized(licenseId, msg.sender, DATASET, TRAINING), NoLicense(msg.sender, licenseId));

        emit JobStarted(msg.sender, licenseId);
    }
}
