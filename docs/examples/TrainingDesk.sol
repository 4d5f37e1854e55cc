// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILicenseRegistry} from "../../contracts/interfaces/ILicenseRegistry.sol";
import {Rights} from "../../contracts/libraries/Rights.sol";
import {LicenseGate} from "../../contracts/periphery/LicenseGate.sol";

/// @title Starts training jobs for those who may train on one dataset
contract TrainingDesk is LicenseGate {
    uint32 internal immutable DATASET;

    event JobStarted(address indexed by, uint256 indexed licenseId);

    constructor(ILicenseRegistry licenses, uint32 dataset) LicenseGate(licenses) {
        DATASET = dataset;
    }

    function start(uint256 licenseId) external onlyLicensed(licenseId, msg.sender, DATASET, Rights.TRAINING) {
        emit JobStarted(msg.sender, licenseId);
    }
}
