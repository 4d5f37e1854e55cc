// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Kind} from "contracts/interfaces/IDatasetRegistry.sol";
import {IRoyaltySplitter, Share} from "contracts/interfaces/IRoyaltySplitter.sol";
import {DatasetData, DatasetDataLib} from "contracts/libraries/DatasetData.sol";
import {PaymentAddressLib} from "contracts/libraries/PaymentAddressLib.sol";
import {ShareList} from "contracts/libraries/ShareList.sol";
import {Splits} from "contracts/libraries/Splits.sol";
import {Node, SumTree} from "contracts/libraries/SumTree.sol";

import {ForgeTest} from "./ForgeTest.sol";
import {Trees} from "./Trees.sol";

/// @dev The libraries, with calldata.
contract Libraries {
    function verify(Node memory root, uint256 count, Node memory leaf, uint256 index, Node[] calldata siblings)
        external
        pure
        returns (bool)
    {
        return SumTree.verify(root, count, leaf, index, siblings);
    }

    function splitId(Share[] calldata shares) external view returns (bytes32) {
        return Splits.checkedRoot(shares);
    }

    function ppmOf(Share[] calldata shares, bytes32 payee) external pure returns (uint32) {
        return ShareList.ppmOf(shares, payee);
    }

    function moved(Share[] calldata shares, bytes32 from, bytes32 to) external pure returns (Share[] memory, uint32) {
        return ShareList.moved(shares, from, to);
    }

    function deploy(address target, bytes32 salt) external returns (address) {
        return PaymentAddressLib.deploy(target, salt);
    }
}

/// @dev Answers what it was called with, and by whom.
contract Echo {
    error Called(bytes data);

    fallback() external payable {
        if (msg.data.length == 3) revert Called(msg.data);
        bytes memory answer = abi.encode(address(this), msg.sender, msg.value, msg.data);
        assembly {
            return(add(answer, 0x20), mload(answer))
        }
    }
}

contract LibrariesTest is ForgeTest {
    Libraries internal libraries;
    Echo internal echo;

    function setUp() external {
        libraries = new Libraries();
        echo = new Echo();
    }

    /* SUM TREES */

    /// @dev P11
    function testFuzz_everyLeafOfASumTreeVerifiesAndNoOther(uint256 seed, uint8 size, uint8 place) external view {
        (Node[] memory leaves, uint256 index) = _leaves(seed, size, place);
        Node memory root = Trees.sumRoot(leaves);
        Node[] memory proof = Trees.sumProof(leaves, index);

        holds(libraries.verify(root, leaves.length, leaves[index], index, proof), "the leaf verifies");
        for (uint256 other; other < leaves.length; ++other) {
            if (other == index) continue;
            holds(!libraries.verify(root, leaves.length, leaves[index], other, proof), "at no other place");
            holds(!libraries.verify(root, leaves.length, leaves[other], index, proof), "no other leaf");
        }
    }

    /// @dev P11
    function testFuzz_nothingAlteredVerifiesInASumTree(uint256 seed, uint8 size, uint8 place, uint8 what, uint8 bit)
        external
        view
    {
        (Node[] memory leaves, uint256 index) = _leaves(seed, size, place);
        Node memory root = Trees.sumRoot(leaves);
        Node[] memory proof = Trees.sumProof(leaves, index);
        Node memory leaf = Node(leaves[index].hash, leaves[index].sum);
        // High bits of either half carry over, which reverts: tried apart.
        uint256 flip = 1 << (bit % 2 == 0 ? within(bit, 0, 40) : within(bit, 64, 160));
        Node memory target =
            what % 3 == 0 ? leaf : what % 3 == 1 || proof.length == 0 ? root : proof[bit % proof.length];
        if (what % 2 == 0) target.sum ^= flip;
        else target.hash ^= bytes32(uint256(1) << bit);

        holds(!libraries.verify(root, leaves.length, leaf, index, proof), "altered");
    }

    function testFuzz_aSumThatDoesNotFitIsNamed(uint128 amount, uint64 calls, bool ofCalls) external {
        Node[] memory leaves = new Node[](2);
        leaves[0] = Node(bytes32(uint256(1)), SumTree.sumOf(amount, calls));
        // Amounts have 192 bits of room in a word; calls have 64.
        leaves[1] = Node(bytes32(uint256(2)), ofCalls ? type(uint64).max : type(uint256).max << 64);
        Node[] memory proof = new Node[](1);
        proof[0] = leaves[1];
        bool fits = ofCalls ? calls == 0 : amount == 0;

        if (!fits) {
            vm.expectRevert(abi.encodeWithSelector(SumTree.SumTree_Overflow.selector, leaves[0].sum, leaves[1].sum));
        }
        libraries.verify(Node(0, 0), 2, leaves[0], 0, proof);
    }

    function testFuzz_anIndexBeyondTheCountIsRefused(uint256 index, uint256 count) external {
        if (index < count) (index, count) = (count, index);

        vm.expectRevert(abi.encodeWithSelector(SumTree.SumTree_IndexOutOfRange.selector, index, count));
        libraries.verify(Node(0, 0), count, Node(0, 0), index, new Node[](0));
    }

    /* SPLITS AND LISTS */

    /// @dev P12
    function testFuzz_aSplitIsNamedByItsTree(uint256 seed, uint8 size) external view {
        Share[] memory shares = _shares(seed, within(size, 1, 40));

        same(libraries.splitId(shares), Trees.splitId(shares), "root");
    }

    function testFuzz_aBrokenListIsRefused(uint256 seed, uint8 size, uint8 place, uint8 how) external {
        Share[] memory shares = _shares(seed, within(size, 2, 40));
        uint256 at = within(place, 1, shares.length - 1);
        bytes memory why;
        if (how % 5 == 0) {
            shares[at].payee = shares[at - 1].payee;
            why = abi.encodeWithSelector(IRoyaltySplitter.Splitter_PayeeOrder.selector, at, shares[at].payee);
        } else if (how % 5 == 1) {
            shares[at].ppm = 0;
            why = abi.encodeWithSelector(IRoyaltySplitter.Splitter_ZeroShare.selector, at, shares[at].payee);
        } else if (how % 5 == 2) {
            shares[at].ppm += 1;
            why = abi.encodeWithSelector(IRoyaltySplitter.Splitter_ShareSum.selector, uint256(1_000_001));
        } else if (how % 5 == 3) {
            shares[0].payee = 0;
            why = abi.encodeWithSelector(IRoyaltySplitter.Splitter_PayeeOrder.selector, uint256(0), bytes32(0));
        } else {
            uint256 last = shares.length - 1;
            shares[last].payee = bytes32(type(uint256).max << 96);
            why = abi.encodeWithSelector(
                IRoyaltySplitter.Splitter_LeftAlignedPayee.selector, last, bytes32(type(uint256).max << 96)
            );
        }

        vm.expectRevert(why);
        libraries.splitId(shares);
    }

    function testFuzz_aListKnowsItsPayeesAndNoOthers(uint256 seed, uint8 size, bytes32 stranger) external view {
        Share[] memory shares = _shares(seed, within(size, 1, 40));
        uint32 expected;
        for (uint256 i; i < shares.length; ++i) {
            same(libraries.ppmOf(shares, shares[i].payee), shares[i].ppm, "its ppm");
            if (shares[i].payee == stranger) expected = shares[i].ppm;
        }

        same(libraries.ppmOf(shares, stranger), expected, "a stranger's");
    }

    /// @dev P4: nobody else's line changes.
    function testFuzz_movingAShareMovesNoOther(uint256 seed, uint8 size, uint8 from, uint8 to, bytes32 elsewhere)
        external
        view
    {
        Share[] memory shares = _shares(seed, within(size, 1, 40));
        bytes32 payee = shares[from % shares.length].payee;
        bytes32 target = to % 2 == 0 ? shares[to % shares.length].payee : elsewhere;
        if (target == payee || target == 0 || uint96(uint256(target)) == 0) return;
        if (target == bytes32(uint256(uint160(address(libraries))))) return; // stands for the splitter, which is no payee
        uint32 had = libraries.ppmOf(shares, target);

        (Share[] memory moved, uint32 ppm) = libraries.moved(shares, payee, target);

        same(ppm, libraries.ppmOf(shares, payee), "what moved");
        libraries.splitId(moved); // keeps every rule of a list
        same(moved.length, shares.length - (had == 0 ? 0 : 1), "never more lines");
        same(libraries.ppmOf(moved, payee), 0, "the payee's");
        same(libraries.ppmOf(moved, target), had + ppm, "the target's");
        for (uint256 i; i < shares.length; ++i) {
            if (shares[i].payee == payee || shares[i].payee == target) continue;
            same(libraries.ppmOf(moved, shares[i].payee), shares[i].ppm, "another's");
        }
    }

    /* PACKED STATE */

    /// @dev P14: of a dataset's state only version, synthetic and epoch ever move.
    function testFuzz_aNextVersionChangesNothingElse(uint96 raw, uint8 flags) external pure {
        DatasetData old = _dataset(raw);
        if (old.version() == type(uint16).max) return;
        DatasetData next = old.withNextVersion(flags);

        same(next.version(), old.version() + 1, "version");
        same(next.flags(), (old.flags() & ~DatasetDataLib.SYNTHETIC) | (flags & DatasetDataLib.SYNTHETIC), "flags");
        same(next.registeredAt(), old.registeredAt(), "time");
        same(uint8(next.kind()), uint8(old.kind()), "kind");
        same(next.epoch(), old.epoch(), "epoch");
    }

    /// @dev P14
    function testFuzz_aNextEpochChangesNothingElse(uint96 raw) external pure {
        DatasetData old = _dataset(raw);
        if (old.epoch() == type(uint32).max) return;
        DatasetData next = old.withNextEpoch();

        same(next.epoch(), old.epoch() + 1, "epoch");
        same(uint64(DatasetData.unwrap(next)), uint64(DatasetData.unwrap(old)), "the rest");
    }

    function testFuzz_aNewDatasetReadsAsWritten(uint8 kind, uint8 flags, uint32 time) external {
        vm.warp(time);
        DatasetData made = DatasetDataLib.create(Kind(kind % 8), flags);

        same(made.registeredAt(), time, "time");
        same(made.version(), 1, "version");
        same(uint8(made.kind()), kind % 8, "kind");
        same(made.flags(), flags, "flags");
        same(made.epoch(), 0, "epoch");
    }

    /* PAYMENT ADDRESSES */

    function testFuzz_aPaymentAddressTakesEtherCheaplyAndDelegatesTheRest(
        bytes32 salt,
        bytes calldata data,
        uint96 value
    ) external {
        address expected = PaymentAddressLib.predict(address(echo), salt, address(libraries));
        address made = libraries.deploy(address(echo), salt);
        vm.deal(address(this), value);

        (bool taken,) = made.call{value: value, gas: 2_300}("");
        (bool answered, bytes memory answer) = made.call(data);

        same(made, expected, "address");
        holds(taken, "a plain transfer");
        same(made.balance, value, "balance");
        if (data.length == 0) {
            holds(answered && answer.length == 0, "silent on nothing");
        } else if (data.length == 3) {
            holds(!answered, "reverts");
            same(keccak256(answer), keccak256(abi.encodeWithSelector(Echo.Called.selector, data)), "its error");
        } else {
            holds(answered, "answers");
            same(keccak256(answer), keccak256(abi.encode(made, address(this), uint256(0), data)), "its answer");
        }
    }

    /* INPUTS */

    function _leaves(uint256 seed, uint8 size, uint8 place)
        internal
        pure
        returns (Node[] memory leaves, uint256 index)
    {
        leaves = new Node[](within(size, 1, 33));
        index = place % leaves.length;
        for (uint256 i; i < leaves.length; ++i) {
            uint256 drawn = draw(seed, i);
            leaves[i] = Node(bytes32(drawn), SumTree.sumOf(uint128(drawn) >> 8, uint64(drawn >> 200)));
        }
    }

    /// @dev A list that keeps all the rules: addresses and accounts, of shares that differ.
    function _shares(uint256 seed, uint256 count) internal pure returns (Share[] memory shares) {
        shares = new Share[](count);
        uint256 left = 1_000_000;
        uint256 step = type(uint256).max / count >> (seed % 3 == 0 ? 90 : 0);
        for (uint256 i; i < count; ++i) {
            uint32 ppm = uint32(i + 1 == count ? left : within(draw(seed, i), 1, left - (count - 1 - i)));
            shares[i] = Share(bytes32(i * step + 1 + draw(seed, i) % (step - 2) | 1), ppm);
            left -= ppm;
        }
    }

    /// @dev Any state with a kind that there is.
    function _dataset(uint96 raw) internal pure returns (DatasetData) {
        return DatasetData.wrap(raw & ~(uint96(0xf8) << 48));
    }
}
