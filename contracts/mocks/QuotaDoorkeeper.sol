// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUsageLedger} from "../interfaces/IUsageLedger.sol";
import {QuotaGate} from "../periphery/QuotaGate.sol";

/// @title Counts those whom a licence lets in that is not used up
contract QuotaDoorkeeper is QuotaGate {
    /// @notice How many came in.
    uint256 public guests;

    constructor(IUsageLedger ledger) QuotaGate(ledger) {}

    function enter(uint256 licenseId, uint32 dataset, uint16 rights)
        external
        onlyLicensed(licenseId, msg.sender, dataset, rights)
    {
        ++guests;
    }
}
