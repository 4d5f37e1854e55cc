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
/// it holds; nothing here ever widens what a parent granted.
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
            if (licenseIds[i] != 0) {
                _narrowToLicense(result, parents[i], owner, licenseIds[i]);
                _lock(licenseIds[i]);
            }
        }
        _clearances[dataset] = result;

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
        if (!data.isDerived()) return;

        Clearance memory own = _clearances[parent];
        require(own.until > block.timestamp, Clearance_Missing(parent));
        _narrow(result, own.rightsCeiling, own.until);
    }

    function _narrowToLicense(Clearance memory result, Parent calldata parent, address owner, uint256 licenseId)
        internal
        view
    {
        (address holder, StoredTerms storage terms, bool blanket, uint32 until) =
            _coverage(licenseId, parent.dataset, block.timestamp);
        require(holder == owner && until != 0, Clearance_LicenseInvalid(parent.dataset, licenseId, owner));
        require(terms.flags & REVOCABLE == 0 || blanket || _isCatalogue(parent.dataset), Clearance_Revocable(licenseId));
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

    /// @dev Refuses what the dataset's parents do not allow, if it has parents.
    function _checkClearance(uint32 dataset, DatasetData data, uint16 rights, uint256 until) internal view {
        if (!data.isDerived()) return;
        Clearance memory clearance = _clearances[dataset];
        require(clearance.until > block.timestamp, Clearance_Missing(dataset));
        require(
            clearance.rightsCeiling.includes(rights), Clearance_BeyondCeiling(dataset, rights, clearance.rightsCeiling)
        );
        require(until <= clearance.until, Clearance_Outlived(dataset, until, clearance.until));
    }

    /// @dev The same question about coverage of a catalogue's member, answered instead of refused.
    function _isCleared(uint32 dataset, uint16 rights, uint32 until, uint256 time) internal view returns (bool) {
        (, DatasetData data) = DATASETS.stateOf(dataset);
        if (!data.isDerived()) return true;
        Clearance memory clearance = _clearances[dataset];
        return time < clearance.until && until <= clearance.until && clearance.rightsCeiling.includes(rights);
    }

    function _checkLineage(uint32 dataset, Parent[] calldata parents) internal view {
        bytes32 lineage = DATASETS.lineageOf(dataset);
        require(lineage != 0, Clearance_NotDerived(dataset));
        bytes32 given = keccak256(abi.encode(parents));
        require(given == lineage, Clearance_WrongParents(dataset, lineage, given));
    }

    function _isCatalogue(uint32 dataset) internal view returns (bool) {
        (, DatasetData data) = DATASETS.stateOf(dataset);
        return data.kind() == Kind.Catalogue;
    }

    /* WHAT THE LAYERS ABOVE KNOW */

    /// @dev The dataset's state, if the one who acts owns it.
    function _checkOwner(uint32 dataset) internal view virtual returns (address owner, DatasetData data);

    /// @dev A licence's holder and terms, whether it covers as a catalogue's, and until when it covers `dataset`,
    /// if it does at `time`.
    function _coverage(uint256 licenseId, uint32 dataset, uint256 time)
        internal
        view
        virtual
        returns (address holder, StoredTerms storage terms, bool blanket, uint32 until);

    /// @dev Keeps a licence with its holder from now on.
    function _lock(uint256 licenseId) internal virtual;
}
