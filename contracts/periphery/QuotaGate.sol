// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../interfaces/ILicenseRegistry.sol";
import {IUsageLedger} from "../interfaces/IUsageLedger.sol";
import {LicenseGate} from "./LicenseGate.sol";

/// @title QuotaGate
/// @notice Holds which usage ledger is asked, in place of its licence registry. Nobody changes that after deployment.
/// It closes once a licence's units are used up, and never counts one itself: recording and collecting do.
abstract contract QuotaGate is LicenseGate {
    /// @notice Whose counters it believes.
    IUsageLedger public immutable LEDGER;

    constructor(IUsageLedger ledger) LicenseGate(ledger.LICENSES()) {
        LEDGER = ledger;
    }

    /// @inheritdoc LicenseGate
    function _statusOf(uint256 licenseId, address account, uint32 dataset, uint16 rights)
        internal
        view
        override
        returns (Status)
    {
        return LEDGER.statusOf(licenseId, account, dataset, rights);
    }
}
