// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICatalogues} from "contracts/interfaces/ICatalogues.sol";
import {Clearance, IClearances} from "contracts/interfaces/IClearances.sol";
import {IDatasetRegistry, Kind, Parent, Registration} from "contracts/interfaces/IDatasetRegistry.sol";
import {ILicenseRegistry} from "contracts/interfaces/ILicenseRegistry.sol";
import {IOffers} from "contracts/interfaces/IOffers.sol";
import {Meter, Terms} from "contracts/interfaces/ITermsBook.sol";
import {Share} from "contracts/interfaces/IRoyaltySplitter.sol";

import {IToken721, Suite} from "./Suite.sol";

/// @title Licences, clearances and catalogues, lived at random through a lineage six deep
/// @notice Whatever owners and buyers try, it is allowed or not by the contracts; what must never come of it is checked.
/// The refusals are predicted elsewhere, by the state machine in tests/suite.
contract LicensingWorld is Suite {
    struct Issued {
        uint32 dataset;
        uint16 rights;
        uint32 expiresAt;
        uint16 ceiling;
        uint32 clearedUntil;
    }

    struct Offered {
        uint32 dataset;
        bytes32 termsId;
    }

    /// @dev 1 has no parents, 2 to 6 each derive from the one before, 7 from 1 and 3, 8 is free, and 9 is the catalogue.
    uint32 internal constant LAST_DERIVED = 7;
    uint32 internal constant CATALOGUE = 9;
    uint32 internal constant PERPETUAL = type(uint32).max;
    uint16 internal constant DERIVATION = 1 << 6;

    address[3] public owners = [actor("creator"), actor("remixer"), actor("label")];
    uint256 public steps;
    uint256 public done;
    bytes32[] public terms;
    mapping(bytes32 termsId => Terms) internal _terms;
    mapping(uint32 dataset => Parent[]) internal _parents;
    Offered[] internal _offers;
    Issued[] internal _issued;
    Clearance[8] internal _before;
    bytes32[10] internal _lineages;

    constructor() {
        deploySuite();
        for (uint32 id = 1; id <= CATALOGUE; ++id) {
            _register(id);
        }
        for (uint256 i; i < 12; ++i) {
            _publish(i);
        }
        // So that a life of few steps gets deep, some of the lineage is cleared: for ever, or for a time.
        for (uint32 id = 1; id < 5; ++id) {
            bytes32 termsId = terms[id < 3 ? 0 : 8];
            address next = _ownerOf(id + 1);
            vm.prank(_ownerOf(id));
            licenses.offer(id, termsId, address(0), 0, type(uint32).max);
            _offers.push(Offered(id, termsId));
            vm.prank(next);
            _issue(licenses.acquire(id, termsId, 0, next, 0));
            uint256[] memory ids = new uint256[](1);
            ids[0] = _issued.length;
            vm.prank(next);
            licenses.clear(id + 1, _parents[id + 1], ids);
        }
    }

    /* WHAT MAY HAPPEN */

    /// @dev One call of somebody, and then everything that must hold of clearances.
    modifier step() {
        ++steps;
        for (uint32 id = 1; id <= LAST_DERIVED; ++id) {
            _before[id] = licenses.clearanceOf(id);
        }
        _;
        for (uint32 id = 1; id <= LAST_DERIVED; ++id) {
            _checkWider(_before[id], licenses.clearanceOf(id));
        }
    }

    function wait(uint256 time) external step {
        vm.warp(block.timestamp + (time % 3 == 0 ? within(time, 1, 40 days) : within(time, 1, 1 days)));
    }

    function offer(uint256 dataset, uint256 which, uint32 left) external step {
        uint32 id = _dataset(dataset);
        if (_try(_ownerOf(id), abi.encodeCall(IOffers.offer, (id, _termsAt(which), address(0), 0, 1 + left % 9)))) {
            _offers.push(Offered(id, _termsAt(which)));
        }
    }

    /// @dev Mostly at an offer that was made, and by the owner of what derives from the dataset.
    function acquire(uint256 dataset, uint256 which, uint256 buyer) external step {
        (uint32 id, bytes32 termsId) = (_dataset(dataset), _termsAt(which));
        if (_offers.length != 0 && which % 5 != 0) {
            Offered memory made = _offers[dataset % _offers.length];
            (id, termsId) = (made.dataset, made.termsId);
        }
        address to = buyer % 3 == 0 ? owners[buyer % owners.length] : _ownerOf(id % LAST_DERIVED + 1);
        if (!_try(to, abi.encodeCall(ILicenseRegistry.acquire, (id, termsId, 0, to, 0)))) return;
        _issue(licenses.licenseCount());
    }

    function renew(uint256 which) external step {
        if (_issued.length == 0) return;
        uint256 id = 1 + which % _issued.length;
        if (!_try(owners[0], abi.encodeCall(ILicenseRegistry.renew, (id, 0)))) return;
        Issued storage it = _issued[id - 1];
        it.expiresAt = licenses.licenseOf(id).expiresAt;
        if (_isDerived(it.dataset)) _checkAllowed(it.dataset, it.rights, it.expiresAt);
    }

    function revoke(uint256 which) external step {
        if (_issued.length == 0) return;
        uint256 id = 1 + which % _issued.length;
        _try(_ownerOf(_issued[id - 1].dataset), abi.encodeCall(ILicenseRegistry.revoke, (id)));
    }

    function clear(uint256 dataset, uint256 seed) external step {
        uint32 id = 2 + uint32(dataset % (LAST_DERIVED - 1));
        Parent[] memory parents = _parents[id];
        uint256[] memory ids = new uint256[](parents.length);
        for (uint256 i; i < ids.length; ++i) {
            ids[i] = _licenseFor(parents[i].dataset, _ownerOf(id), draw(seed, i));
        }
        _try(_ownerOf(id), abi.encodeCall(IClearances.clear, (id, parents, ids)));
    }

    function join(uint256 dataset, uint256 which, uint256 how) external step {
        (uint32 id, bytes32 termsId) = (1 + uint32(dataset % 8), _termsAt(which));
        if (how % 3 != 1) _try(_ownerOf(id), abi.encodeCall(ICatalogues.join, (CATALOGUE, termsId, id)));
        if (how % 3 != 2) _try(_ownerOf(CATALOGUE), abi.encodeCall(ICatalogues.admit, (CATALOGUE, termsId, id)));
    }

    function leave(uint256 dataset, uint256 which, uint256 who) external step {
        uint32 id = 1 + uint32(dataset % 8);
        address by = who % 2 == 0 ? _ownerOf(id) : _ownerOf(CATALOGUE);
        _try(by, abi.encodeCall(ICatalogues.leave, (CATALOGUE, _termsAt(which), id)));
    }

    /// @dev Seldom: each time, the dataset's offers lapse.
    function give(uint256 dataset, uint256 to) external step {
        if (to % 4 != 0) return;
        uint32 id = _dataset(dataset);
        address from = _ownerOf(id);
        vm.prank(from);
        IToken721(address(datasets)).transferFrom(from, owners[to / 4 % owners.length], id);
    }

    /// @dev Seldom too.
    function withdrawAll(uint256 dataset) external step {
        if (dataset % 6 != 0) return;
        dataset /= 6;
        uint32 id = _dataset(dataset);
        vm.prank(_ownerOf(id));
        datasets.withdrawAll(id);
    }

    /* WHAT MUST HOLD */

    /// @dev P14
    function checkLineage(uint32 id) external view {
        same(datasets.lineageOf(id), _lineages[id], "lineage");
    }

    /// @dev P8: no member of the catalogue is covered beyond what its clearance allows, for all time.
    function checkCoverage(uint256 which, uint32 id) external view {
        if (_issued.length == 0 || !_isDerived(id)) return;
        uint256 licence = 1 + which % _issued.length;
        Issued memory it = _issued[licence - 1];
        if (it.dataset != CATALOGUE || !licenses.covers(licence, id, block.timestamp)) return;
        Clearance memory clearance = licenses.clearanceOf(id);
        same(clearance.until, PERPETUAL, "cleared for ever");
        same(it.rights & ~clearance.rightsCeiling, 0, "within the ceiling");
    }

    /// @dev P8: what a licence was issued with, its dataset's clearance allowed, and still does while it is in force.
    function checkIssued(uint256 which) external view {
        if (_issued.length == 0) return;
        Issued memory it = _issued[which % _issued.length];
        if (!_isDerived(it.dataset)) return;
        same(it.rights & ~it.ceiling, 0, "within the ceiling then");
        Clearance memory clearance = licenses.clearanceOf(it.dataset);
        if (it.expiresAt > block.timestamp) {
            same(it.rights & ~clearance.rightsCeiling, 0, "within the ceiling now");
            holds(clearance.until >= it.expiresAt, "not outlived");
        }
    }

    /// @dev P16: until a clearance ends, its ceiling loses no right and its end comes no earlier.
    function _checkWider(Clearance memory old, Clearance memory now_) internal view {
        if (old.until <= block.timestamp) return;
        same(old.rightsCeiling & ~now_.rightsCeiling, 0, "P16: rights");
        holds(now_.until >= old.until, "P16: end");
    }

    function _checkAllowed(uint32 dataset, uint16 rights, uint32 expiresAt) internal view {
        Clearance memory clearance = licenses.clearanceOf(dataset);
        holds(clearance.until > block.timestamp, "P8: cleared");
        same(rights & ~clearance.rightsCeiling, 0, "P8: rights");
        holds(expiresAt <= clearance.until, "P8: term");
    }

    /* INTERNALS */

    function _issue(uint256 licence) internal {
        uint32 dataset = licenses.licenseOf(licence).dataset;
        Clearance memory clearance = licenses.clearanceOf(dataset);
        uint16 rights = _terms[licenses.licenseOf(licence).termsId].rights;
        uint32 expiresAt = licenses.licenseOf(licence).expiresAt;
        _issued.push(Issued(dataset, rights, expiresAt, clearance.rightsCeiling, clearance.until));
        if (_isDerived(dataset)) _checkAllowed(dataset, rights, expiresAt);
    }

    function _register(uint32 id) internal {
        if (id > 1 && id < LAST_DERIVED) _parents[id].push(Parent(id - 1, 100_000));
        if (id == LAST_DERIVED) {
            _parents[id].push(Parent(1, 50_000));
            _parents[id].push(Parent(3, 0));
        }
        Registration memory given;
        given.content = content(id == CATALOGUE ? Kind.Catalogue : Kind.Recordings, id);
        given.parents = _parents[id];
        Share[] memory shares = new Share[](given.parents.length + 1);
        shares[0] = Share(bytes32(uint256(0xda7a)), 1_000_000);
        for (uint256 i; i < given.parents.length; ++i) {
            shares[i + 1] = Share(datasets.accountOf(given.parents[i].dataset), given.parents[i].ppm);
            shares[0].ppm -= given.parents[i].ppm;
        }
        given.shares = ordered(shares);
        vm.prank(owners[id % owners.length]);
        datasets.register(given);
        if (given.parents.length != 0) _lineages[id] = keccak256(abi.encode(given.parents));
    }

    /// @dev All kinds: for ever and not, revocable and not, with derivatives that survive and not, with the right and not.
    function _publish(uint256 i) internal {
        uint16 rights = i % 4 == 3 ? 0x3f : DERIVATION | (i % 2 == 0 ? 0x3ff : 0x0f);
        uint32 duration = i % 3 == 0 ? 0 : i % 3 == 1 ? 30 days : 400 days;
        uint8 flags = uint8((i / 2) % 4) << 1;
        Terms memory made = Terms(
            rights, Meter.Call, 0, address(0), duration, uint32(i % 5) * 100 days, 0, uint32(i % 2) * 100_000, flags, 0
        );
        bytes32 id = licenses.publishTerms(made);
        _terms[id] = made;
        terms.push(id);
    }

    function _try(address by, bytes memory data) internal returns (bool made) {
        vm.prank(by);
        (made,) = address(licenses).call(data);
        if (made) ++done;
    }

    /// @dev Mostly a licence of the owner's for that parent or the catalogue; else none, or any.
    function _licenseFor(uint32 parent, address owner, uint256 seed) internal view returns (uint256) {
        if (_issued.length == 0 || seed % 5 == 0) return 0;
        for (uint256 i; i < _issued.length && seed % 5 != 1; ++i) {
            uint256 id = 1 + (seed % 1_000 + i) % _issued.length;
            uint32 dataset = _issued[id - 1].dataset;
            if (dataset != parent && dataset != CATALOGUE) continue;
            if (licenses.licenseOf(id).holder == owner) return id;
        }
        return 1 + seed % _issued.length;
    }

    function _dataset(uint256 seed) internal pure returns (uint32) {
        return 1 + uint32(seed % CATALOGUE);
    }

    function _termsAt(uint256 seed) internal view returns (bytes32) {
        return terms[seed % terms.length];
    }

    function _ownerOf(uint32 id) internal view returns (address) {
        return IToken721(address(datasets)).ownerOf(id);
    }

    function _isDerived(uint32 id) internal pure returns (bool) {
        return 1 < id && id <= LAST_DERIVED;
    }
}
