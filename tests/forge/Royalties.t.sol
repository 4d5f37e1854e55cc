// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Dataset} from "contracts/interfaces/IDatasetRegistry.sol";
import {Share} from "contracts/interfaces/IRoyaltySplitter.sol";

import {RoyaltyWorld} from "./RoyaltyWorld.sol";
import {Suite} from "./Suite.sol";

/// @title What holds of royalties after every step of a random life
/// @notice After each step one split and one dataset, in turn, are compared with the model, and after the last all of them.
contract RoyaltiesTest is Suite {
    RoyaltyWorld internal world;

    function setUp() external {
        world = new RoyaltyWorld();
        (splitter, datasets, licenses, ledger, pool, tokens) = world.contracts();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(world);
    }

    /// @dev These are called by the world and by this test.
    function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0] = FuzzSelector(address(world), new bytes4[](2));
        excluded[0].selectors[0] = RoyaltyWorld.claimLine.selector;
        excluded[0].selectors[1] = RoyaltyWorld.sendRoyalties.selector;
    }

    function invariant_moneyIsWhereTheModelHasItAndNothingRegisteredChanges() external view {
        _checkBalances();
        _checkSplit(world.splits(world.steps() % world.splitCount()));
        _checkDataset(world.steps() % world.datasetCount());
    }

    /// @dev P1, P2, P5, P15: all that anybody can claim is claimed, and dust is left, less than one unit for each payee.
    function afterInvariant() external {
        uint256[NAMES] memory held;
        for (uint256 i; i < world.splitCount(); ++i) {
            _checkSplit(world.splits(i));
        }
        for (uint256 i; i < world.datasetCount(); ++i) {
            _checkDataset(i);
        }
        world.assign(0, 1, 1);
        world.assign(1, 2, 1);
        _claimAll();
        for (uint256 i; i < world.splitCount(); ++i) {
            bytes32 split = world.splits(i);
            for (uint256 token; token < NAMES; ++token) {
                held[balanceNumber(token)] += _left(split, token);
                if (!world.circular()) holds(_left(split, token) < world.sharesOf(split).length, "dust");
            }
        }
        for (uint256 number; number < NAMES - 1; ++number) {
            same(held[number], world.paidIn(number) - world.paidOut(number), "conserved");
        }
    }

    function _claimAll() internal {
        bool moved = true;
        // Lineage is at most nine deep, and each level takes one round.
        for (uint256 round; moved && round < 24; ++round) {
            moved = false;
            for (uint256 i; i < world.splitCount(); ++i) {
                bytes32 split = world.splits(i);
                Share[] memory shares = world.sharesOf(split);
                for (uint256 each; each < shares.length * NAMES; ++each) {
                    if (world.owed(split, each % NAMES, shares[each / NAMES]) == 0) continue;
                    if (world.claimLine(split, each / NAMES, each % NAMES) != 0) moved = true;
                }
            }
        }
        holds(!moved || world.circular(), "it ends");
    }

    /// @dev P1, P5, P15: what came in from outside and did not go out is here, under all names of a balance together.
    function _checkBalances() internal view {
        for (uint256 token; token < NAMES; ++token) {
            uint256 number = balanceNumber(token);
            same(
                balanceOf(token, address(splitter)),
                world.paidIn(number) - world.paidOut(number) + world.stray(number),
                "balance"
            );
        }
    }

    /// @dev P2, P4, P13: a split's figures are the model's, whatever anybody else has done.
    function _checkSplit(bytes32 split) internal view {
        Share[] memory shares = world.sharesOf(split);
        for (uint256 token; token < NAMES; ++token) {
            same(splitter.receivedOf(split, tokens[token]), world.received(split, token), "received");
            for (uint256 i; i < shares.length; ++i) {
                (bytes32 payee, uint32 ppm) = (shares[i].payee, shares[i].ppm);
                same(splitter.claimedOf(split, tokens[token], payee), world.claimed(split, token, payee), "claimed");
                same(splitter.owedOf(split, tokens[token], payee, ppm), world.owed(split, token, shares[i]), "owed");
            }
            _left(split, token); // never negative
        }
    }

    function _left(bytes32 split, uint256 token) internal view returns (uint256 left) {
        Share[] memory shares = world.sharesOf(split);
        left = world.received(split, token);
        for (uint256 i; i < shares.length; ++i) {
            left -= world.claimed(split, token, shares[i].payee);
        }
    }

    /// @dev P6, P14
    function _checkDataset(uint256 index) internal view {
        RoyaltyWorld.Registered memory it = world.datasetAt(index);
        Dataset memory found = datasets.datasetOf(index + 1);
        (bytes32 contentRoot, bytes32 manifest) = datasets.contentOf(index + 1, 1);
        same(contentRoot, it.contentRoot, "content root");
        same(manifest, it.manifest, "manifest");
        same(datasets.creatorOf(index + 1), it.creator, "creator");
        same(datasets.lineageOf(index + 1), it.lineage, "lineage");
        same(found.registeredAt, it.time, "time");
        same(found.owner, it.owner, "owner");
        bytes32 split = splitter.splitOf(it.account);
        same(split, world.assigned(it.account), "split");
        for (uint256 i; i < it.parents.length; ++i) {
            holds(
                _ppmOf(split, world.datasetAt(it.parents[i].dataset - 1).account) >= it.parents[i].ppm, "parent's line"
            );
        }
    }

    function _ppmOf(bytes32 split, bytes32 payee) internal view returns (uint32) {
        Share[] memory shares = world.sharesOf(split);
        for (uint256 i; i < shares.length; ++i) {
            if (shares[i].payee == payee) return shares[i].ppm;
        }
        return 0;
    }
}
