// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILicenseRegistry} from "../interfaces/ILicenseRegistry.sol";
import {LicenseGate} from "../periphery/LicenseGate.sol";

/// @title Counts those whom a licence lets in
contract Doorkeeper is LicenseGate {
    /// @notice How many came in.
    uint256 public guests;

    constructor(ILicenseRegistry licenses) LicenseGate(licenses) {}

    function enter(uint256 licenseId, uint32 dataset, uint16 rights)
        external
        onlyLicensed(licenseId, msg.sender, dataset, rights)
    {
        ++guests;
    }
}
