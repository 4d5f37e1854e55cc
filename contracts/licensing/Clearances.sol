// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {Relayable} from "../base/Relayable.sol";
import {Clearance, IClearances} from "../interfaces/IClearances.sol";
import {IDatasetRegistry, Kind, Parent} from "../interfaces/IDatasetRegistry.sol";
import {StoredTerms} from "../interfaces/ITermsBook.sol";
import {DatasetData} from "../libraries/DatasetData.sol";
import {Rights} from "../libraries/Rights.sol";
import {TermsBook} from "./TermsBook.sol";

/// @title Clearances
/// @notice Holds what the parents of each derived dataset allow. Only the dataset's owner clears it, only with licences
/// it holds. A clearance in force only widens, and never beyond what the parents granted.
abstract contract Clearances is IClearances, TermsBook, Relayable {
    using Rights for uint16;

    /// @inheritdoc IClearances
    IDatasetRegistry public immutable DATASETS;

    mapping(uint256 dataset => Clearance) internal _clearances;

    constructor(IDatasetRegistry datasets) {
        DATASETS = datasets;
    }

    /// @inheritdoc IClearances
    function clear(uint32 dataset, Parent[] calldata parents, uint256[] calldata licenseIds) external {
        (address owner,) = _checkOwner(dataset);
        _checkLineage(dataset, parents);
        require(parents.length == licenseIds.length, Clearance_LengthMismatch(parents.length, licenseIds.length));

        Clearance memory result = Clearance(Rights.ALL, PERPETUAL);
        for (uint256 i; i < parents.length; ++i) {
            _narrowToParent(result, parents[i].dataset, owner, licenseIds[i] == 0);
            if (licenseIds[i] != 0) _narrowToLicense(result, parents[i], owner, licenseIds[i]);
        }
        Clearance memory current = _clearances[dataset];
        require(
            current.until <= block.timestamp
                || (result.rightsCeiling.includes(current.rightsCeiling) && result.until >= current.until),
            Clearance_Narrower(dataset, result, current)
        );

        _clearances[dataset] = result;
        for (uint256 i; i < licenseIds.length; ++i) {
            if (licenseIds[i] != 0) _lock(licenseIds[i]);
        }

        emit DatasetCleared(dataset, result.rightsCeiling, result.until, licenseIds);
    }

    /// @inheritdoc IClearances
    function clearanceOf(uint32 dataset) external view returns (Clearance memory) {
        return _clearances[dataset];
    }

    /* WHAT A PARENT ALLOWS */

    function _narrowToParent(Clearance memory result, uint32 parent, address owner, bool unlicensed) internal view {
        (address parentOwner, DatasetData data) = DATASETS.stateOf(parent);
        require(!unlicensed || parentOwner == owner, Clearance_NeedsLicense(parent, parentOwner, owner));
        require(data.kind() != Kind.Catalogue, Clearance_CatalogueParent(parent));
        if (!data.isDerived()) return;

        Clearance memory own = _clearances[parent];
        require(own.until > block.timestamp, Clearance_Missing(parent));
        _narrow(result, own.rightsCeiling, own.until);
    }

    function _narrowToLicense(Clearance memory result, Parent calldata parent, address owner, uint256 licenseId)
        internal
        view
    {
        (address holder, StoredTerms storage terms, uint32 until, uint32 memberUntil) =
            _coverage(licenseId, parent.dataset, block.timestamp);
        require(holder == owner && until != 0, Clearance_LicenseInvalid(parent.dataset, licenseId, owner));
        require(memberUntil == PERPETUAL && !_isRevoked(licenseId), Clearance_LicenseEnding(parent.dataset, licenseId));
        require(terms.flags & (REVOCABLE | DERIVATIVES_SURVIVE) != REVOCABLE, Clearance_Revocable(licenseId));
        require(terms.rights.includes(Rights.DERIVATION), Clearance_NoDerivationRight(licenseId, terms.rights));
        require(
            parent.ppm >= terms.derivativePpm, Clearance_ShareTooSmall(parent.dataset, parent.ppm, terms.derivativePpm)
        );
        _narrow(result, terms.rights, terms.flags & DERIVATIVES_SURVIVE != 0 ? PERPETUAL : until);
    }

    /// @dev The cast is of a minimum with a uint32.
    function _narrow(Clearance memory result, uint16 rights, uint32 until) internal pure {
        result.rightsCeiling &= rights;
        result.until = uint32(FixedPointMathLib.min(result.until, until));
    }

    /* WHAT A DERIVED DATASET MAY GRANT */

    /// @dev Refuses what the parents of a derived dataset do not allow.
    function _checkClearance(uint32 dataset, uint16 rights, uint256 until) internal view {
        Clearance memory clearance = _clearances[dataset];
        require(clearance.until > block.timestamp, Clearance_Missing(dataset));
        require(
            clearance.rightsCeiling.includes(rights), Clearance_BeyondCeiling(dataset, rights, clearance.rightsCeiling)
        );
        require(until <= clearance.until, Clearance_Outlived(dataset, until, clearance.until));
    }

    function _checkLineage(uint32 dataset, Parent[] calldata parents) internal view {
        bytes32 lineage = DATASETS.lineageOf(dataset);
        require(lineage != 0, Clearance_NotDerived(dataset));
        bytes32 given = keccak256(abi.encode(parents));
        require(given == lineage, Clearance_WrongParents(dataset, lineage, given));
    }

    /* WHAT THE LAYERS ABOVE KNOW */

    /// @dev The dataset's state, if the one who acts owns it.
    function _checkOwner(uint32 dataset) internal view virtual returns (address owner, DatasetData data);

    /// @dev A licence's holder and terms, until when it covers `dataset`, if it does at `time`, and until when the membership
    /// lasts by which it does: PERPETUAL where it needs none, or nobody has left.
    function _coverage(uint256 licenseId, uint32 dataset, uint256 time)
        internal
        view
        virtual
        returns (address holder, StoredTerms storage terms, uint32 until, uint32 memberUntil);

    /// @dev Whether the dataset's owner has ended a licence, if perhaps not yet.
    function _isRevoked(uint256 licenseId) internal view virtual returns (bool);

    /// @dev Until when `dataset` is a member of the catalogue under these terms, if it was at `time`; else zero.
    function _membershipUntil(uint32 catalogue, bytes32 termsId, uint32 dataset, uint256 time)
        internal
        view
        virtual
        returns (uint32);

    /// @dev Keeps a licence with its holder from now on.
    function _lock(uint256 licenseId) internal virtual;
}
