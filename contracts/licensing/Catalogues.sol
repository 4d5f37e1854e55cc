// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {ICatalogues, Membership} from "../interfaces/ICatalogues.sol";
import {Kind} from "../interfaces/IDatasetRegistry.sol";
import {StoredTerms} from "../interfaces/ITermsBook.sol";
import {DatasetData} from "../libraries/DatasetData.sol";
import {Clearances} from "./Clearances.sol";

/// @title Catalogues
/// @notice Holds who is a member of which catalogue under which terms. It takes both owners to start a membership and
/// either to end it, after the notice. A membership never moves money: each member is paid by its own use.
abstract contract Catalogues is ICatalogues, Clearances {
    /// @dev The longest notice of a catalogue's terms: a longer one would keep a sold dataset with its seller's catalogue.
    uint256 internal constant MAX_NOTICE = 366 days;

    mapping(uint256 catalogue => mapping(bytes32 termsId => mapping(uint256 dataset => Membership))) internal
        _memberships;

    /// @inheritdoc ICatalogues
    function join(uint32 catalogue, bytes32 termsId, uint32 dataset) external {
        (, DatasetData member) = _checkOwner(dataset);
        (, DatasetData host) = DATASETS.stateOf(catalogue);

        _agree(catalogue, termsId, dataset, host, member, true);
    }

    /// @inheritdoc ICatalogues
    function admit(uint32 catalogue, bytes32 termsId, uint32 dataset) external {
        (, DatasetData host) = _checkOwner(catalogue);
        (, DatasetData member) = DATASETS.stateOf(dataset);

        _agree(catalogue, termsId, dataset, host, member, false);
    }

    /// @inheritdoc ICatalogues
    function leave(uint32 catalogue, bytes32 termsId, uint32 dataset) external {
        address caller = _sender();
        (address memberOwner,) = DATASETS.stateOf(dataset);
        (address hostOwner,) = DATASETS.stateOf(catalogue);
        require(caller == memberOwner || caller == hostOwner, Catalogue_NotParty(catalogue, dataset, caller));
        StoredTerms storage terms = _knownTerms(termsId);
        Membership memory membership = _memberships[catalogue][termsId][dataset];
        require(
            membership.until > block.timestamp || membership.joined || membership.admitted,
            Catalogue_NotMember(catalogue, termsId, dataset)
        );

        membership.joined = membership.admitted = false;
        // A minimum with a uint32, so the cast loses nothing.
        membership.until = uint32(FixedPointMathLib.min(membership.until, block.timestamp + terms.notice));
        _memberships[catalogue][termsId][dataset] = membership;

        emit MembershipEnded(catalogue, termsId, dataset, membership.until);
    }

    /// @inheritdoc ICatalogues
    function membershipOf(uint32 catalogue, bytes32 termsId, uint32 dataset) external view returns (Membership memory) {
        return _memberships[catalogue][termsId][dataset];
    }

    /* INTERNALS */

    /// @dev Records one side's consent, and starts the membership once both sides, as owned now, consent.
    function _agree(
        uint32 catalogue,
        bytes32 termsId,
        uint32 dataset,
        DatasetData host,
        DatasetData member,
        bool byMember
    ) internal {
        _checkMembership(catalogue, termsId, dataset, host, member);
        Membership memory membership = _memberships[catalogue][termsId][dataset];
        require(membership.until != PERPETUAL, Catalogue_AlreadyMember(catalogue, termsId, dataset));

        (uint32 memberEpoch, uint32 hostEpoch) = (member.epoch(), host.epoch());
        if (membership.memberEpoch != memberEpoch || membership.hostEpoch != hostEpoch) {
            // What was consented to when either belonged to somebody else is void.
            membership.joined = membership.admitted = false;
            (membership.memberEpoch, membership.hostEpoch) = (memberEpoch, hostEpoch);
        }
        if (byMember) membership.joined = true;
        else membership.admitted = true;
        bool starts = membership.joined && membership.admitted;
        if (starts) {
            // Within the notice it never ended. The time fits until 2106, like every time here.
            if (membership.until <= block.timestamp) membership.since = uint32(block.timestamp);
            membership.until = PERPETUAL;
            membership.joined = membership.admitted = false;
        }
        _memberships[catalogue][termsId][dataset] = membership;

        emit MembershipAgreed(catalogue, termsId, dataset, _sender(), byMember);
        if (starts) emit MembershipStarted(catalogue, termsId, dataset, membership.since);
    }

    /// @dev That this is a catalogue, a member, terms it may leave, and all that they grant the member's for ever: so
    /// coverage never depends on a clearance afterwards, which only widens.
    function _checkMembership(uint32 catalogue, bytes32 termsId, uint32 dataset, DatasetData host, DatasetData member)
        internal
        view
    {
        require(host.kind() == Kind.Catalogue, Catalogue_NotCatalogue(catalogue));
        require(member.kind() != Kind.Catalogue, Catalogue_JoinsNothing(dataset));
        StoredTerms storage terms = _knownTerms(termsId);
        _checkCatalogueTerms(termsId, terms);
        if (member.isDerived()) _checkClearance(dataset, terms.rights, PERPETUAL);
    }

    /// @dev Buyers of a blanket licence know that a member may leave, and members that leaving comes to an end.
    function _checkCatalogueTerms(bytes32 termsId, StoredTerms storage terms) internal view {
        require(
            terms.flags & REVOCABLE != 0 && terms.notice <= MAX_NOTICE,
            Catalogue_UnfitTerms(termsId, terms.flags, terms.notice)
        );
    }

    /// @inheritdoc Clearances
    function _membershipUntil(uint32 catalogue, bytes32 termsId, uint32 dataset, uint256 time)
        internal
        view
        override
        returns (uint32)
    {
        Membership storage membership = _memberships[catalogue][termsId][dataset];
        (uint32 since, uint32 until) = (membership.since, membership.until);
        return since != 0 && since <= time && time < until ? until : 0;
    }
}
