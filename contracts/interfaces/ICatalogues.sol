// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A dataset's membership of a catalogue, under one set of terms.
/// @param since Unix seconds from which it holds; zero: never held.
/// @param until Unix seconds before which it holds; 2^32-1 while nobody has left.
/// @param joined The member's owner consents, and the catalogue's does not yet.
/// @param admitted The catalogue's owner consents, and the member's does not yet.
/// @param memberEpoch The member's epoch at the last consent: a consent lapses when either changes hands.
/// @param hostEpoch The catalogue's epoch at the last consent.
struct Membership {
    uint32 since;
    uint32 until;
    bool joined;
    bool admitted;
    uint32 memberEpoch;
    uint32 hostEpoch;
}

/// @title Blanket licences: one licence of a catalogue covers its members
/// @dev Assumptions:
/// - Dataset registry: a dataset's kind never changes, and its epoch moves with every transfer, so that an earlier owner's
/// consent starts nothing.
/// - Chain: `block.timestamp` is right to some seconds, and is below 2^32-1, as it is until 2106.
interface ICatalogues {
    /// @notice One side consents; the membership starts when both have.
    event MembershipAgreed(
        uint32 indexed catalogue, bytes32 indexed termsId, uint32 indexed dataset, address owner, bool byMember
    );

    /// @notice Licences of the catalogue under these terms cover the dataset from now on.
    event MembershipStarted(uint32 indexed catalogue, bytes32 indexed termsId, uint32 indexed dataset, uint32 since);

    /// @notice Consents are withdrawn, and coverage ends at `until` (zero or past: there was none).
    event MembershipEnded(uint32 indexed catalogue, bytes32 indexed termsId, uint32 indexed dataset, uint32 until);

    /// @notice Only a dataset of kind Catalogue has members.
    error Catalogue_NotCatalogue(uint32 dataset);

    /// @notice A catalogue does not join another.
    error Catalogue_JoinsNothing(uint32 dataset);

    /// @notice Only revocable terms with a notice of at most 366 days qualify: so buyers know that a member may leave, and
    /// members that leaving ends.
    error Catalogue_UnfitTerms(bytes32 termsId, uint8 flags, uint32 notice);

    /// @notice The dataset is a member already, and nobody has left.
    error Catalogue_AlreadyMember(uint32 catalogue, bytes32 termsId, uint32 dataset);

    /// @notice There is neither a membership in force nor a consent to withdraw.
    error Catalogue_NotMember(uint32 catalogue, bytes32 termsId, uint32 dataset);

    /// @notice `caller` owns neither the catalogue nor the dataset.
    error Catalogue_NotParty(uint32 catalogue, uint32 dataset, address caller);

    /// @notice The dataset's owner consents to its being covered by the catalogue's licences under these terms. A derived
    /// dataset joins only when it is cleared for ever and for all that the terms grant.
    /// A membership in force binds later owners too; a consent that waits for the other side lapses with either owner.
    function join(uint32 catalogue, bytes32 termsId, uint32 dataset) external;

    /// @notice The catalogue's owner consents to a member under these terms.
    function admit(uint32 catalogue, bytes32 termsId, uint32 dataset) external;

    /// @notice Either owner ends the membership once the terms' notice has passed, and any open consent at once.
    function leave(uint32 catalogue, bytes32 termsId, uint32 dataset) external;

    /// @notice The membership as it stands.
    function membershipOf(uint32 catalogue, bytes32 termsId, uint32 dataset) external view returns (Membership memory);
}
