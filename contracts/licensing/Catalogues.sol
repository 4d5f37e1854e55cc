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

        if (byMember) (membership.joined, membership.joinEpoch) = (true, member.epoch());
        else (membership.admitted, membership.admitEpoch) = (true, host.epoch());
        bool starts = membership.joined && membership.joinEpoch == member.epoch() && membership.admitted
            && membership.admitEpoch == host.epoch();
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

    /// @dev Every check that an offer makes, and that this is a catalogue, a member, and terms it may leave.
    function _checkMembership(uint32 catalogue, bytes32 termsId, uint32 dataset, DatasetData host, DatasetData member)
        internal
        view
    {
        require(host.kind() == Kind.Catalogue, Catalogue_NotCatalogue(catalogue));
        require(member.kind() != Kind.Catalogue, Catalogue_JoinsNothing(dataset));
        StoredTerms storage terms = _knownTerms(termsId);
        require(terms.flags & REVOCABLE != 0, Catalogue_NotRevocable(termsId));
        _checkClearance(dataset, member, terms.rights, _expiry(block.timestamp, terms.duration));
    }

    /// @dev The earlier of the membership's and the licence's end, if the dataset was covered at `time`; else zero.
    function _coveredUntil(
        uint32 catalogue,
        bytes32 termsId,
        uint32 dataset,
        uint16 rights,
        uint32 expiresAt,
        uint256 time
    ) internal view returns (uint32) {
        Membership storage membership = _memberships[catalogue][termsId][dataset];
        (uint32 since, uint32 until) = (membership.since, membership.until);
        bool covered = since != 0 && since <= time && time < until && _isCleared(dataset, rights, expiresAt, time);
        return covered ? uint32(FixedPointMathLib.min(until, expiresAt)) : 0;
    }
}
