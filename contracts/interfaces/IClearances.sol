// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDatasetRegistry, Parent} from "./IDatasetRegistry.sol";

/// @notice What the parents of a derived dataset allow its licences to be.
/// @param rightsCeiling No licence grants a right outside it.
/// @param until Unix seconds; no licence lasts longer. Zero: never cleared; 2^32-1: for ever.
struct Clearance {
    uint16 rightsCeiling;
    uint32 until;
}

/// @title Proof, by licences, that every parent of a derived dataset allowed it
/// @dev Assumptions:
/// - Creators: they declare every parent. One that is left out is asked for nothing.
/// - Dataset registry: a lineage never changes, and parents are older than their child, so that no lineage runs in a circle.
/// - Chain: `block.timestamp` is right to some seconds. A dataset of 255 parents is cleared within 2^24 gas.
interface IClearances {
    /// @notice The dataset is cleared: this replaces its earlier clearance. The licences used can no longer be transferred.
    event DatasetCleared(uint32 indexed dataset, uint16 rightsCeiling, uint32 until, uint256[] licenseIds);

    /// @notice The dataset has no parents, so there is nothing to clear.
    error Clearance_NotDerived(uint32 dataset);

    /// @notice The parents given are not those of the dataset's lineage, in its order.
    error Clearance_WrongParents(uint32 dataset, bytes32 lineage, bytes32 given);

    /// @notice One licence, or zero, for each parent.
    error Clearance_LengthMismatch(uint256 parents, uint256 licenses);

    /// @notice Without a licence, the parent must belong to the dataset's `owner`; it belongs to `parentOwner`.
    error Clearance_NeedsLicense(uint32 parent, address parentOwner, address owner);

    /// @notice The licence is not alive, not held by the dataset's owner, or does not cover the parent.
    error Clearance_LicenseInvalid(uint32 parent, uint256 licenseId, address owner);

    /// @notice The licence's terms can be revoked, and what was derived before would not survive that.
    error Clearance_Revocable(uint256 licenseId);

    /// @notice The licence is revoked, or covers the parent by a membership that has been left: it ends, if not yet.
    error Clearance_LicenseEnding(uint32 parent, uint256 licenseId);

    /// @notice A catalogue is nobody's parent.
    error Clearance_CatalogueParent(uint32 parent);

    /// @notice The dataset is cleared for `current` now, and `given` would take some of it back.
    error Clearance_Narrower(uint32 dataset, Clearance given, Clearance current);

    /// @notice The licence does not grant Derivation.
    error Clearance_NoDerivationRight(uint256 licenseId, uint16 rights);

    /// @notice The dataset shares `ppm` with its parent, and the licence asks for `required`.
    error Clearance_ShareTooSmall(uint32 parent, uint32 ppm, uint32 required);

    /// @notice The dataset is derived and has no clearance in force.
    error Clearance_Missing(uint32 dataset);

    /// @notice The terms grant `rights`, and the dataset's parents allow only `rightsCeiling`.
    error Clearance_BeyondCeiling(uint32 dataset, uint16 rights, uint16 rightsCeiling);

    /// @notice The licence would last until `until`, and the clearance only until `clearedUntil`.
    error Clearance_Outlived(uint32 dataset, uint256 until, uint32 clearedUntil);

    /// @notice Clears a derived dataset. Owner only. May be repeated: while a clearance is in force only one that grants no
    /// right less and ends no earlier replaces it, so that nobody takes back what was sold under it.
    /// For each parent: one live licence that covers it, held by the owner, irrevocable or such that derivatives survive,
    /// not revoked, nor by a membership that has been left, granting Derivation, and asking for no more than the declared
    /// share; or zero, for a parent of the same owner.
    /// The ceiling is the AND of the rights, `until` the earliest expiry among those whose derivatives do not survive;
    /// a parent's own clearance always enters both.
    /// @param parents The lineage, as registered.
    function clear(uint32 dataset, Parent[] calldata parents, uint256[] calldata licenseIds) external;

    /// @notice The dataset's clearance as last fixed; it is in force before its `until`.
    function clearanceOf(uint32 dataset) external view returns (Clearance memory);

    /// @notice Whose datasets are licensed.
    function DATASETS() external view returns (IDatasetRegistry);
}
