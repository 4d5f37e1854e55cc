// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Kind, Parent, Registration} from "contracts/interfaces/IDatasetRegistry.sol";
import {Campaign, IIncentivePool} from "contracts/interfaces/IIncentivePool.sol";
import {Meter, Terms} from "contracts/interfaces/ITermsBook.sol";
import {IUsageLedger, Statement, SumProof, Voucher} from "contracts/interfaces/IUsageLedger.sol";
import {Node} from "contracts/libraries/SumTree.sol";

import {Suite} from "./Suite.sol";
import {Trees} from "./Trees.sol";

/// @title Channels, batches and campaigns, lived at random
/// @notice Payers, their signers, gateways, sponsors and an attacker, and a model of every channel, batch and pot.
contract MeteringWorld is Suite {
    struct Place {
        uint256 payer;
        uint256 gateway;
        uint256 token;
        uint256 deposited;
        uint256 settled;
        uint256 withdrawn;
        uint256 refunded;
        uint256 thawing;
        uint256 thawsAt;
    }

    struct Batch {
        uint256 channel;
        Voucher voucher;
        uint256 settledAt;
        Statement[] statements;
        uint128[] amounts;
        uint256 collected;
        bool released;
    }

    struct Pot {
        uint256 reward;
        uint256 token;
        uint256 gateway;
        uint256 start;
        uint256 end;
        uint256 funded;
        uint256 weight;
        uint256 paid;
    }

    bytes32 internal constant VOUCHER = keccak256(
        "Voucher(address payer,address gateway,address token,uint64 batch,uint128 amount,uint128 fee,uint64 calls,uint32 statements,bytes32 root)"
    );
    bytes32 internal constant STATEMENT =
        keccak256("Statement(uint64 license,uint32 dataset,uint64 units,uint64 calls,bytes32 uses)");
    bytes32 internal constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    uint256 internal constant DATASETS = 4;
    uint256 internal constant MAX_BATCHES = 24;
    uint256 internal constant MAX_CAMPAIGNS = 4;

    string[2] internal _names = ["payer", "another payer"];
    address[2] public payers = [actor("payer"), actor("another payer")];
    address[2] public gateways = [actor("gateway"), actor("another gateway")];
    address[2] public sponsors = [actor("sponsor"), actor("another sponsor")];
    address public immutable ATTACKER = actor("attacker");

    uint256 public steps;
    Place[] internal _places;
    Batch[] internal _batches;
    Pot[] internal _pots;
    mapping(bytes32 batchId => uint256) internal _batchNumbers;
    mapping(uint256 campaign => mapping(uint256 dataset => uint256)) public weights;
    mapping(uint256 campaign => mapping(uint256 dataset => bool)) public credited;
    mapping(uint256 campaign => mapping(uint256 sponsor => uint256)) public funding;
    mapping(bytes32 entry => bool) internal _entered;
    mapping(uint256 balance => uint256) public inSplitter;
    mapping(uint256 token => mapping(uint256 dataset => uint256)) public received;
    mapping(uint256 licence => uint256) public units;

    constructor() {
        deploySuite();
        for (uint256 i = 1; i <= DATASETS; ++i) {
            Registration memory given =
                Registration(content(Kind.Recordings, i), single(bytes32(0xda7a0 + i)), new Parent[](0));
            vm.prank(actor("creator"));
            datasets.register(given);
        }
        for (uint256 token; token < NAMES; ++token) {
            for (uint256 payer; payer < 2; ++payer) {
                _license(token, payer);
                for (uint256 gateway; gateway < 2; ++gateway) {
                    _places.push(Place(payer, gateway, token, 0, 0, 0, 0, 0, 0));
                }
            }
        }
        vm.prank(payers[0]);
        licenses.setSigner(actor("hot key"), 2, type(uint64).max);
    }

    modifier step() {
        ++steps;
        _;
    }

    /* CHANNELS */

    function wait(uint256 time) external step {
        vm.warp(block.timestamp + (time % 4 == 0 ? within(time, 1, 60 days) : within(time, 1, 1 days)));
    }

    function deposit(uint256 channel, uint256 amount) external step {
        _deposit(_places[channel % _places.length], sum(amount));
    }

    function startWithdrawal(uint256 channel, uint256 amount) external step {
        Place storage it = _places[channel % _places.length];
        amount = amount % 5 == 0 ? 0 : sum(amount);

        vm.prank(_payerOf(it));
        ledger.startWithdrawal(_gatewayOf(it), tokens[it.token], uint128(amount));
        (it.thawing, it.thawsAt) = (amount, amount == 0 ? 0 : block.timestamp + 1 days);
    }

    function withdraw(uint256 channel) external step {
        Place storage it = _places[channel % _places.length];
        uint256 before = balanceOf(it.token, _payerOf(it));
        if (it.thawsAt == 0 || block.timestamp < it.thawsAt) {
            vm.expectRevert(abi.encodeWithSelector(IUsageLedger.Ledger_NotThawed.selector, _id(it), it.thawsAt));
            vm.prank(_payerOf(it));
            ledger.withdraw(_gatewayOf(it), tokens[it.token]);
            return;
        }
        uint256 amount = it.thawing < balanceIn(it) ? it.thawing : balanceIn(it);

        vm.prank(_payerOf(it));
        same(ledger.withdraw(_gatewayOf(it), tokens[it.token]), amount, "withdrawn");
        same(balanceOf(it.token, _payerOf(it)), before + amount, "paid back");
        it.withdrawn += amount;
        (it.thawing, it.thawsAt) = (0, 0);
    }

    function refund(uint256 channel, uint256 amount) external step {
        Place storage it = _places[channel % _places.length];
        amount = sum(amount);
        uint256 there = balanceIn(it);
        if (amount > there) vm.expectRevert(_shortfall(it, amount - there));
        vm.prank(_gatewayOf(it));
        ledger.refund(_payerOf(it), tokens[it.token], uint128(amount));
        if (amount <= there) it.refunded += amount;
    }

    /* BATCHES */

    function settle(uint256 channel, uint256 seed, uint64 number, uint256 fee) external step {
        if (_batches.length == MAX_BATCHES) return;
        channel %= _places.length;
        if (_pots.length != 0 && seed % 3 != 0) channel = _channelFor(_pots[_pots.length - 1], channel);
        Place storage it = _places[channel];
        Batch storage batch = _batches.push();
        batch.channel = channel;
        Voucher memory voucher = _write(batch, it, seed);
        (voucher.batch, voucher.fee) = (number % 3, uint128(fee % 3 == 0 ? 0 : fee % 1_000));
        (batch.voucher, batch.settledAt) = (voucher, block.timestamp);
        bytes memory signature = _sign(voucher, keyOf(it.payer == 0 && seed % 2 == 0 ? "hot key" : _names[it.payer]));
        bytes32 id = keccak256(abi.encode(_id(it), voucher.batch));
        uint256 cost = uint256(voucher.amount) + voucher.fee;
        if (seed % 4 != 0 && cost > balanceIn(it)) _deposit(it, cost - balanceIn(it));
        uint256 there = balanceIn(it);
        bool taken = _batchNumbers[id] != 0;
        bool again = taken && _equal(_batches[_batchNumbers[id] - 1].voucher, voucher);

        if (taken && !again) vm.expectRevert(abi.encodeWithSelector(IUsageLedger.Ledger_BatchTaken.selector, id));
        else if (!taken && cost > there) vm.expectRevert(_shortfall(it, cost - there));
        vm.prank(_gatewayOf(it));
        ledger.settle(voucher, signature);
        if (taken || cost > there) {
            _batches.pop();
            return;
        }
        it.settled += cost;
        _batchNumbers[id] = _batches.length;
    }

    function _equal(Voucher storage one, Voucher memory other) internal view returns (bool) {
        return keccak256(abi.encode(one)) == keccak256(abi.encode(other));
    }

    function settleAgain(uint256 which) external step {
        if (_batches.length == 0) return;
        Batch storage batch = _batches[which % _batches.length];
        Place storage it = _places[batch.channel];

        bytes memory signature = _sign(batch.voucher, keyOf(_names[it.payer]));
        vm.prank(_gatewayOf(it));
        same(ledger.settle(batch.voucher, signature), _idOf(batch), "the same batch");
    }

    /// @dev Any statements in any order, some twice, as anybody may.
    function collect(uint256 which, uint256 seed, uint256 count) external step {
        if (_batches.length == 0) return;
        Batch storage batch = _batches[which % _batches.length];
        bool all = count % 3 == 0;
        count = all ? batch.statements.length : 1 + count % 6;
        (Statement[] memory statements, SumProof[] memory proofs) = (new Statement[](count), new SumProof[](count));
        uint256 total;
        for (uint256 i; i < count; ++i) {
            uint256 index = all ? i : draw(seed, i) % batch.statements.length;
            (statements[i], proofs[i]) = (batch.statements[index], _proof(batch, index));
            if (batch.collected & 1 << index == 0) total += _noteCollected(batch, index);
        }

        vm.prank(ATTACKER);
        same(ledger.collect(batch.voucher, batch.settledAt, statements, proofs), total, "collected");
    }

    function releaseFee(uint256 which) external step {
        if (_batches.length == 0) return;
        Batch storage batch = _batches[which % _batches.length];
        Place storage it = _places[batch.channel];
        uint256 missing;
        while (missing < batch.statements.length && batch.collected & 1 << missing != 0) ++missing;
        bool refused = missing < batch.statements.length;
        uint256 before = balanceOf(it.token, _gatewayOf(it));
        uint256 due = refused || batch.released ? 0 : batch.voucher.fee;

        if (refused) {
            vm.expectRevert(abi.encodeWithSelector(IUsageLedger.Ledger_NotAllCollected.selector, _idOf(batch), missing));
        }
        ledger.releaseFee(batch.voucher, batch.settledAt);
        same(balanceOf(it.token, _gatewayOf(it)), before + due, "fee");
        if (!refused) batch.released = true;
    }

    function record(uint256 token, uint256 payer, uint256 amount) external step {
        (token, payer, amount) = (token % NAMES, payer % 2, 1 + amount % 1_000);
        uint256 licence = _licence(token, payer);
        uint32 dataset = _datasetOf(token, payer);
        address holder = payers[payer];
        uint256 value = ready(token, holder, address(ledger), amount * _price(token));

        vm.prank(holder);
        ledger.record{value: value}(licence, dataset, 2, uint64(amount), 0);
        units[licence] += amount;
        _toSplitter(token, dataset, amount * _price(token));
    }

    /* CAMPAIGNS */

    function open(uint256 reward, uint256 token, uint256 gateway, uint256 length) external step {
        if (_pots.length == MAX_CAMPAIGNS) return;
        (reward, token, gateway) = (reward % NAMES, token % NAMES, gateway % 2);
        uint256 end = block.timestamp + within(length, 1 hours, 20 days);
        address[] memory counted = new address[](1);
        counted[0] = gateways[gateway];

        pool.open(Campaign(tokens[reward], tokens[token], counted, uint48(block.timestamp), uint48(end)));
        _pots.push(Pot(reward, token, gateway, block.timestamp, end, 0, 0, 0));
    }

    function fund(uint256 campaign, uint256 sponsor, uint256 amount) external step {
        if (_pots.length == 0) return;
        campaign %= _pots.length;
        (Pot storage pot, address from) = (_pots[campaign], sponsors[sponsor % 2]);
        amount = sum(amount);
        uint256 value = ready(pot.reward, from, address(pool), amount);
        bool refused = block.timestamp >= pot.end;

        if (refused) vm.expectRevert(_late(IIncentivePool.Pool_Ended.selector, campaign, pot.end));
        vm.prank(from);
        pool.fund{value: value}(campaign + 1, uint128(amount));
        if (refused) return;
        pot.funded += amount;
        funding[campaign][sponsor % 2] += amount;
    }

    /// @dev Statements of a batch that counts or does not, some entered before, some twice in one call.
    function enter(uint256 campaign, uint256 which, uint256 seed) external step {
        if (_pots.length == 0 || _batches.length == 0) return;
        campaign %= _pots.length;
        Pot storage pot = _pots[campaign];
        Batch storage batch = _batchFor(pot, which);
        (Statement[] memory statements, SumProof[] memory proofs) = (new Statement[](2), new SumProof[](2));
        for (uint256 i; i < 2; ++i) {
            uint256 index = draw(seed, i) % batch.statements.length;
            (statements[i], proofs[i]) = (batch.statements[index], _proof(batch, index));
        }
        bytes memory refusal = _refusal(campaign, pot, batch);

        if (refusal.length != 0) vm.expectRevert(refusal);
        uint256 added = pool.enter(campaign + 1, batch.voucher, batch.settledAt, statements, proofs);
        if (refusal.length == 0) same(added, _noteEntered(campaign, pot, batch, proofs), "weight");
    }

    function creditReward(uint256 campaign, uint256 dataset) external step {
        if (_pots.length == 0) return;
        campaign %= _pots.length;
        dataset = 1 + dataset % DATASETS;
        Pot storage pot = _pots[campaign];
        uint256 closes = pot.end + 30 days;
        bool refused = block.timestamp < closes;
        uint256 due;
        if (!refused && pot.weight != 0 && !credited[campaign][dataset]) {
            due = pot.funded * weights[campaign][dataset] / pot.weight; // amounts here leave room for the product
        }

        if (refused) vm.expectRevert(_late(IIncentivePool.Pool_NotClosed.selector, campaign, closes));
        uint256 paid = pool.credit(campaign + 1, uint32(dataset));
        if (refused) return;
        same(paid, due, "reward");
        if (due == 0) return;
        credited[campaign][dataset] = true;
        pot.paid += due;
        _toSplitter(pot.reward, dataset, due);
    }

    function refundSponsor(uint256 campaign, uint256 sponsor) external step {
        if (_pots.length == 0) return;
        campaign %= _pots.length;
        Pot storage pot = _pots[campaign];
        uint256 closes = pot.end + 30 days;
        bool early = block.timestamp < closes;
        bool refused = early || pot.weight != 0;

        if (early) {
            vm.expectRevert(_late(IIncentivePool.Pool_NotClosed.selector, campaign, closes));
        } else if (refused) {
            vm.expectRevert(abi.encodeWithSelector(IIncentivePool.Pool_HasWeight.selector, campaign + 1, pot.weight));
        }
        uint256 paid = pool.refund(campaign + 1, sponsors[sponsor % 2]);
        if (refused) return;
        same(paid, funding[campaign][sponsor % 2], "returned");
        pot.paid += paid;
        funding[campaign][sponsor % 2] = 0;
    }

    /* AN ATTACKER */

    function attack(uint256 which, uint256 how, uint256 seed) external step {
        if (_batches.length == 0) return;
        Batch storage batch = _batches[which % _batches.length];
        Place storage it = _places[batch.channel];
        Voucher memory voucher = batch.voucher;
        uint256 index = seed % batch.statements.length;
        if (how % 5 == 0) {
            vm.expectRevert(abi.encodeWithSelector(IUsageLedger.Ledger_NotGateway.selector, voucher.gateway, ATTACKER));
            vm.prank(ATTACKER);
            ledger.settle(voucher, "");
        } else if (how % 5 == 1) {
            // Signed by the attacker, under a number that is free.
            voucher.batch = uint64(1_000 + seed % 9);
            bytes memory signature = _sign(voucher, keyOf("attacker"));
            vm.expectRevert(
                abi.encodeWithSelector(IUsageLedger.Ledger_InvalidSignature.selector, voucher.payer, ATTACKER)
            );
            vm.prank(_gatewayOf(it));
            ledger.settle(voucher, signature);
        } else if (how % 5 == 2) {
            voucher.fee += 1;
            vm.expectRevert(
                abi.encodeWithSelector(IUsageLedger.Ledger_WrongVoucher.selector, _idOf(batch), batch.settledAt)
            );
            ledger.releaseFee(voucher, batch.settledAt);
        } else if (how % 5 == 3) {
            if (batch.collected & 1 << index != 0) return;
            (Statement[] memory statements, SumProof[] memory proofs) = (new Statement[](1), new SumProof[](1));
            (statements[0], proofs[0]) = (batch.statements[index], _proof(batch, index));
            if (seed % 2 == 0) statements[0].dataset = 1 + statements[0].dataset % uint32(DATASETS);
            else statements[0].units += 1;
            vm.expectRevert(abi.encodeWithSelector(IUsageLedger.Ledger_InvalidStatement.selector, _idOf(batch), index));
            ledger.collect(voucher, batch.settledAt, statements, proofs);
        } else {
            bytes32 own = keccak256(abi.encode(ATTACKER, voucher.gateway, voucher.token));
            vm.expectRevert(abi.encodeWithSelector(IUsageLedger.Ledger_NotThawed.selector, own, 0));
            vm.prank(ATTACKER);
            ledger.withdraw(voucher.gateway, voucher.token);
        }
    }

    /* WHAT THE MODEL SAYS */

    function placeCount() external view returns (uint256) {
        return _places.length;
    }

    function placeAt(uint256 index) external view returns (Place memory) {
        return _places[index];
    }

    function batchCount() external view returns (uint256) {
        return _batches.length;
    }

    function batchAt(uint256 index) external view returns (Batch memory) {
        return _batches[index];
    }

    function potCount() external view returns (uint256) {
        return _pots.length;
    }

    function potAt(uint256 index) external view returns (Pot memory) {
        return _pots[index];
    }

    /// @dev P9, P10, P17: by balance, what lies in channels and batches, and what in pots.
    function held() external view returns (uint256[NAMES] memory inLedger, uint256[NAMES] memory inPool) {
        for (uint256 i; i < _places.length; ++i) {
            inLedger[balanceNumber(_places[i].token)] += balanceIn(_places[i]);
        }
        for (uint256 i; i < _batches.length; ++i) {
            Batch storage batch = _batches[i];
            inLedger[balanceNumber(_places[batch.channel].token)] += uncollectedOf(i)
            + (batch.released ? 0 : batch.voucher.fee);
        }
        for (uint256 i; i < _pots.length; ++i) {
            inPool[balanceNumber(_pots[i].reward)] += _pots[i].funded - _pots[i].paid; // never negative
        }
    }

    function uncollectedOf(uint256 index) public view returns (uint256 sum_) {
        Batch storage batch = _batches[index];
        for (uint256 i; i < batch.amounts.length; ++i) {
            if (batch.collected & 1 << i == 0) sum_ += batch.amounts[i];
        }
    }

    /// @dev P9
    function balanceIn(Place memory it) public pure returns (uint256) {
        return it.deposited - it.settled - it.withdrawn - it.refunded;
    }

    function idOf(Batch memory batch) external view returns (bytes32) {
        Place memory it = _places[batch.channel];
        return keccak256(
            abi.encode(
                keccak256(abi.encode(batch.voucher.payer, batch.voucher.gateway, tokens[it.token])), batch.voucher.batch
            )
        );
    }

    function datasetCount() external pure returns (uint256) {
        return DATASETS;
    }

    /* INTERNALS */

    /// @dev By a sponsor: anyone may, for anyone.
    function _deposit(Place storage it, uint256 amount) internal {
        uint256 value = ready(it.token, sponsors[0], address(ledger), amount);
        vm.prank(sponsors[0]);
        ledger.deposit{value: value}(_payerOf(it), _gatewayOf(it), tokens[it.token], uint128(amount));
        it.deposited += amount;
    }

    /// @dev Where use counts for a campaign, by either payer.
    function _channelFor(Pot storage pot, uint256 payer) internal view returns (uint256) {
        return 4 * pot.token + 2 * (payer % 2) + pot.gateway;
    }

    /// @dev Mostly one that counts, if there is any.
    function _batchFor(Pot storage pot, uint256 which) internal view returns (Batch storage batch) {
        for (uint256 i; i < _batches.length && which % 4 != 0; ++i) {
            batch = _batches[(which % 1_000 + i) % _batches.length];
            Place storage it = _places[batch.channel];
            bool inside = pot.start <= batch.settledAt && batch.settledAt < pot.end;
            if (inside && it.gateway == pot.gateway && it.token == pot.token) return batch;
        }
        return _batches[which % _batches.length];
    }

    function _write(Batch storage batch, Place storage it, uint256 seed) internal returns (Voucher memory voucher) {
        uint256 count = 1 + seed % 5;
        Node[] memory leaves = new Node[](count);
        for (uint256 i; i < count; ++i) {
            uint256 drawn = draw(seed, i);
            // Of the payer's own licence, of another's, or of none.
            uint64 licence = uint64(drawn % 3 == 0 ? 1 + drawn % 20 : _licence(it.token, it.payer));
            uint32 dataset = drawn % 3 == 1 ? _datasetOf(it.token, it.payer) : uint32(1 + drawn % DATASETS);
            batch.statements
                .push(Statement(licence, dataset, uint64(drawn >> 8) % 50, 1 + uint64(drawn >> 16) % 9, bytes32(drawn)));
            batch.amounts.push(uint128(drawn % 4 == 0 ? 0 : sum(drawn >> 24) % 10 ** 21));
            leaves[i] = _leaf(batch, i);
        }
        Node memory root = Trees.sumRoot(leaves);
        return Voucher({
            payer: _payerOf(it),
            gateway: _gatewayOf(it),
            token: tokens[it.token],
            batch: 0,
            amount: uint128(root.sum >> 64),
            fee: 0,
            calls: uint64(root.sum),
            statements: uint32(count),
            root: root.hash
        });
    }

    function _leaf(Batch storage batch, uint256 index) internal view returns (Node memory) {
        Statement memory statement = batch.statements[index];
        return Node(keccak256(abi.encode(STATEMENT, statement)), uint256(batch.amounts[index]) << 64 | statement.calls);
    }

    function _proof(Batch storage batch, uint256 index) internal view returns (SumProof memory) {
        Node[] memory leaves = new Node[](batch.statements.length);
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = _leaf(batch, i);
        }
        return SumProof(uint64(index), batch.amounts[index], Trees.sumProof(leaves, index));
    }

    /// @dev P10, and what counts: use that the holder paid for, of what its licence covers, at no less than its price.
    function _noteCollected(Batch storage batch, uint256 index) internal returns (uint256 amount) {
        Place storage it = _places[batch.channel];
        Statement memory statement = batch.statements[index];
        amount = batch.amounts[index];
        batch.collected |= 1 << index;
        if (amount != 0) _toSplitter(it.token, statement.dataset, amount);
        bool own = statement.license == _licence(it.token, it.payer);
        bool covered = statement.dataset == _datasetOf(it.token, it.payer);
        if (own && covered && amount >= statement.units * _price(it.token)) {
            units[statement.license] += statement.units;
        }
    }

    function _noteEntered(uint256 campaign, Pot storage pot, Batch storage batch, SumProof[] memory proofs)
        internal
        returns (uint256 added)
    {
        for (uint256 i; i < proofs.length; ++i) {
            uint256 index = proofs[i].index;
            bytes32 entry = keccak256(abi.encode(campaign, _idOf(batch), index));
            if (_entered[entry]) continue;
            _entered[entry] = true;
            weights[campaign][batch.statements[index].dataset] += batch.amounts[index];
            added += batch.amounts[index];
        }
        pot.weight += added;
    }

    function _refusal(uint256 campaign, Pot storage pot, Batch storage batch) internal view returns (bytes memory) {
        Place storage it = _places[batch.channel];
        uint256 closes = pot.end + 30 days;
        if (block.timestamp >= closes) return _late(IIncentivePool.Pool_Closed.selector, campaign, closes);
        if (it.gateway != pot.gateway) {
            return abi.encodeWithSelector(IIncentivePool.Pool_WrongGateway.selector, campaign + 1, _gatewayOf(it));
        }
        if (it.token != pot.token) {
            return abi.encodeWithSelector(IIncentivePool.Pool_WrongToken.selector, campaign + 1, tokens[it.token]);
        }
        if (batch.settledAt < pot.start || batch.settledAt >= pot.end) {
            return abi.encodeWithSelector(IIncentivePool.Pool_OutsideWindow.selector, campaign + 1, batch.settledAt);
        }
        return "";
    }

    function _late(bytes4 selector, uint256 campaign, uint256 time) internal view returns (bytes memory) {
        return abi.encodeWithSelector(selector, campaign + 1, time, block.timestamp);
    }

    function _shortfall(Place storage it, uint256 missing) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IUsageLedger.Ledger_Shortfall.selector, _id(it), missing);
    }

    function _toSplitter(uint256 token, uint256 dataset, uint256 amount) internal {
        inSplitter[balanceNumber(token)] += amount;
        received[token][dataset] += amount;
    }

    /// @dev Each payer has one licence for each token, of one dataset.
    function _license(uint256 token, uint256 payer) internal {
        Terms memory terms =
            Terms(4, Meter.Call, uint128(_price(token)), tokens[token], 0, 0, 0, 0, 0, bytes32(token + 1));
        bytes32 id = licenses.publishTerms(terms);
        vm.prank(actor("creator"));
        licenses.offer(_datasetOf(token, payer), id, address(0), 0, type(uint32).max);
        same(licenses.acquire(_datasetOf(token, payer), id, 0, payers[payer], 0), _licence(token, payer), "licence");
    }

    function _licence(uint256 token, uint256 payer) internal pure returns (uint256) {
        return 2 * token + payer + 1;
    }

    function _datasetOf(uint256 token, uint256 payer) internal pure returns (uint32) {
        return uint32(1 + (token + payer) % DATASETS);
    }

    function _price(uint256 token) internal pure returns (uint256) {
        return token == 2 ? 0 : 7 + token;
    }

    function _payerOf(Place storage it) internal view returns (address) {
        return payers[it.payer];
    }

    function _gatewayOf(Place storage it) internal view returns (address) {
        return gateways[it.gateway];
    }

    function _id(Place storage it) internal view returns (bytes32) {
        return keccak256(abi.encode(_payerOf(it), _gatewayOf(it), tokens[it.token]));
    }

    function _idOf(Batch storage batch) internal view returns (bytes32) {
        return keccak256(abi.encode(_id(_places[batch.channel]), batch.voucher.batch));
    }

    function _sign(Voucher memory voucher, uint256 key) internal view returns (bytes memory) {
        bytes32 domain =
            keccak256(abi.encode(DOMAIN, keccak256("UsageLedger"), keccak256("1"), block.chainid, address(ledger)));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(VOUCHER, voucher))));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
