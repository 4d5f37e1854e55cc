// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {ILicenseRegistry, Status, UsageTerms} from "../interfaces/ILicenseRegistry.sol";
import {Meter} from "../interfaces/ITermsBook.sol";
import {Counted, DatasetUsage, IUsageLedger, LicenseUsage, Statement, Voucher} from "../interfaces/IUsageLedger.sol";

/// @title What counts as use
/// @notice Holds one slot of counters for each dataset and each licence, and decides what enters them.
/// Counters only grow, and stop at their maximum.
abstract contract Usage is IUsageLedger {
    /// @dev What one statement or record may add, so that nobody fills a counter at once.
    uint256 internal constant MAX_UNITS = 1 << 40;
    uint256 internal constant MAX_CALLS = 1 << 32;

    /// @inheritdoc IUsageLedger
    IDatasetRegistry public immutable DATASETS;
    /// @inheritdoc IUsageLedger
    ILicenseRegistry public immutable LICENSES;

    mapping(uint256 dataset => DatasetUsage) internal _datasetUsage;
    mapping(uint256 licenseId => LicenseUsage) internal _licenseUsage;

    constructor(IDatasetRegistry datasets, ILicenseRegistry licenses) {
        (DATASETS, LICENSES) = (datasets, licenses);
    }

    /// @inheritdoc IUsageLedger
    function usageOf(uint32 dataset) external view returns (DatasetUsage memory) {
        return _datasetUsage[dataset];
    }

    /// @inheritdoc IUsageLedger
    function usageOfLicense(uint256 licenseId) external view returns (LicenseUsage memory) {
        return _licenseUsage[licenseId];
    }

    /// @inheritdoc IUsageLedger
    function statusOf(uint256 licenseId, address account, uint32 dataset, uint16 rights)
        public
        view
        returns (Status status)
    {
        status = LICENSES.statusOf(licenseId, account, dataset, rights);
        if (status != Status.Valid) return status;
        uint256 maxUnits = LICENSES.usageTermsOf(licenseId, dataset, block.timestamp).maxUnits;
        if (maxUnits != 0 && _licenseUsage[licenseId].units >= maxUnits) return Status.Exhausted;
    }

    /// @dev Counts a proven statement for whom it counts.
    function _count(Voucher calldata voucher, uint256 settledAt, Statement calldata statement, uint256 amount)
        internal
        returns (Counted)
    {
        if (statement.units >= MAX_UNITS || statement.calls >= MAX_CALLS) return Counted.Nobody;
        UsageTerms memory terms = LICENSES.usageTermsOf(statement.license, statement.dataset, settledAt);
        bool counts =
            terms.covered && terms.token == voucher.token && amount >= statement.units * uint256(terms.unitPrice);
        if (!counts) return Counted.Nobody;

        _countForDataset(statement.dataset, terms.meter, statement.calls, statement.units, settledAt);
        if (terms.holder != voucher.payer) return Counted.Dataset;
        _countForLicense(statement.license, statement.calls, statement.units, settledAt);
        return Counted.DatasetAndLicense;
    }

    function _countForDataset(uint256 dataset, Meter meter, uint256 calls, uint256 units, uint256 time) internal {
        DatasetUsage memory usage = _datasetUsage[dataset];

        usage.calls = _add48(usage.calls, calls);
        if (meter == Meter.Call) usage.callUnits = _add48(usage.callUnits, units);
        else if (meter == Meter.Second) usage.secondUnits = _add48(usage.secondUnits, units);
        else usage.megabyteUnits = _add48(usage.megabyteUnits, units);
        usage.lastAt = _later(usage.lastAt, time);
        _datasetUsage[dataset] = usage;
    }

    function _countForLicense(uint256 licenseId, uint256 calls, uint256 units, uint256 time) internal {
        LicenseUsage memory usage = _licenseUsage[licenseId];

        usage.calls = _add64(usage.calls, calls);
        usage.units = _add64(usage.units, units);
        usage.lastAt = _later(usage.lastAt, time);
        _licenseUsage[licenseId] = usage;
    }

    function _checkRecord(uint256 licenseId, address account, uint32 dataset, uint8 right, uint64 units)
        internal
        view
        returns (UsageTerms memory terms)
    {
        require(right < 16, Ledger_UnknownRight(right));
        require(units != 0 && units < MAX_UNITS, Ledger_InvalidUnits(units));
        Status status = LICENSES.statusOf(licenseId, account, dataset, uint16(1 << right));
        require(status == Status.Valid, Ledger_NotAuthorized(licenseId, account, dataset, status));
        terms = LICENSES.usageTermsOf(licenseId, dataset, block.timestamp);
        uint64 used = _licenseUsage[licenseId].units;
        require(
            terms.maxUnits == 0 || uint256(used) + units <= terms.maxUnits,
            Ledger_QuotaExceeded(licenseId, used, units, terms.maxUnits)
        );
    }

    /// @dev As the dataset registry has it, without asking.
    function _accountOf(uint32 dataset) internal view returns (bytes32) {
        return EfficientHashLib.hash(uint160(address(DATASETS)), dataset);
    }

    /// @dev Each sum is of values below 2^65, and the minimum makes the cast exact.
    function _add48(uint256 counter, uint256 more) private pure returns (uint48) {
        return uint48(FixedPointMathLib.min(counter + more, type(uint48).max));
    }

    /// @dev As above.
    function _add64(uint256 counter, uint256 more) private pure returns (uint64) {
        return uint64(FixedPointMathLib.min(counter + more, type(uint64).max));
    }

    /// @dev Block times fit 64 bits.
    function _later(uint64 last, uint256 time) private pure returns (uint64) {
        return uint64(FixedPointMathLib.max(last, time));
    }
}
