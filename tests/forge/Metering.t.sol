// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Channel} from "contracts/interfaces/IUsageLedger.sol";

import {MeteringWorld} from "./MeteringWorld.sol";
import {Suite} from "./Suite.sol";

/// @title What holds of channels, batches and campaigns after every step of a random life
contract MeteringTest is Suite {
    MeteringWorld internal world;

    function setUp() external {
        world = new MeteringWorld();
        (splitter, datasets, licenses, ledger, pool, tokens) = world.contracts();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(world);
    }

    function invariant_everyUnitIsInAChannelABatchAPotOrAtTheSplitter() external view {
        (uint256[NAMES] memory inLedger, uint256[NAMES] memory inPool) = world.held();
        for (uint256 token; token < NAMES; ++token) {
            uint256 number = balanceNumber(token);
            same(balanceOf(token, address(ledger)), inLedger[number], "ledger");
            same(balanceOf(token, address(pool)), inPool[number], "pool");
            same(balanceOf(token, address(splitter)), world.inSplitter(number), "splitter"); // P1, P15
        }
        uint256 step = world.steps();
        _checkChannel(step % world.placeCount());
        if (world.batchCount() != 0) _checkBatch(step % world.batchCount());
        if (world.potCount() != 0) _checkPot(step % world.potCount());
        _checkReceived(step % NAMES);
    }

    /// @dev All of them, at the end.
    function afterInvariant() external view {
        for (uint256 i; i < world.placeCount(); ++i) {
            _checkChannel(i);
        }
        for (uint256 i; i < world.batchCount(); ++i) {
            _checkBatch(i);
        }
        for (uint256 i; i < world.potCount(); ++i) {
            _checkPot(i);
        }
        for (uint256 token; token < NAMES; ++token) {
            _checkReceived(token);
        }
    }

    /// @dev P9: a channel is what went in less what went out.
    function _checkChannel(uint256 index) internal view {
        MeteringWorld.Place memory it = world.placeAt(index);
        Channel memory found = ledger.channelOf(world.payers(it.payer), world.gateways(it.gateway), tokens[it.token]);
        same(found.balance, world.balanceIn(it), "P9");
        same(found.thawing, it.thawing, "thawing");
        same(found.thawsAt, it.thawsAt, "thaws at");
    }

    /// @dev P10: each statement is collected once, all together they are the amount, and the fee comes last.
    function _checkBatch(uint256 index) internal view {
        MeteringWorld.Batch memory batch = world.batchAt(index);
        bytes32 id = world.idOf(batch);
        uint256 all;
        bool complete = true;
        for (uint256 i; i < batch.amounts.length; ++i) {
            bool collected = batch.collected & 1 << i != 0;
            holds(ledger.isCollected(id, i) == collected, "mark");
            all += batch.amounts[i];
            if (!collected) complete = false;
        }
        same(all, batch.voucher.amount, "the statements are the amount");
        holds(complete || !batch.released, "the fee comes last");
    }

    /// @dev P17
    function _checkPot(uint256 index) internal view {
        MeteringWorld.Pot memory pot = world.potAt(index);
        same(pool.campaignOf(index + 1).pot, pot.funded, "pot");
        same(pool.campaignOf(index + 1).weight, pot.weight, "weight");
        uint256 all;
        for (uint256 dataset = 1; dataset <= world.datasetCount(); ++dataset) {
            (uint256 weight, bool credited) = pool.weightOf(index + 1, uint32(dataset));
            same(weight, world.weights(index, dataset), "its weight");
            holds(credited == world.credited(index, dataset), "once");
            all += weight;
        }
        same(all, pot.weight, "all weight");
        holds(pot.paid <= pot.funded, "no more than the pot");
    }

    function _checkReceived(uint256 token) internal view {
        for (uint256 dataset = 1; dataset <= world.datasetCount(); ++dataset) {
            bytes32 split = splitter.splitOf(datasets.accountOf(dataset));
            same(splitter.receivedOf(split, tokens[token]), world.received(token, dataset), "received");
        }
        for (uint256 licence = 1; licence <= 2 * NAMES; ++licence) {
            same(ledger.usageOfLicense(licence).units, world.units(licence), "units");
        }
    }
}
