// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RoyaltySplitter} from "contracts/RoyaltySplitter.sol";
import {UsageLedger} from "contracts/UsageLedger.sol";
import {IDatasetRegistry} from "contracts/interfaces/IDatasetRegistry.sol";
import {ILicenseRegistry} from "contracts/interfaces/ILicenseRegistry.sol";
import {Meter} from "contracts/interfaces/ITermsBook.sol";
import {Channel, DatasetUsage} from "contracts/interfaces/IUsageLedger.sol";
import {DatasetData, DatasetDataLib} from "contracts/libraries/DatasetData.sol";
import {Node, SumTree} from "contracts/libraries/SumTree.sol";
import {Signers} from "contracts/licensing/Signers.sol";

/// @dev The scopes of signers, at any time.
contract SignersAtWill is Signers {
    function until(uint64 old, uint64 wanted) external view returns (uint64) {
        return _until(old, wanted);
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("", "");
    }
}

/// @dev The ledger, in any state.
contract LedgerAtWill is UsageLedger {
    constructor() UsageLedger(new RoyaltySplitter(), IDatasetRegistry(address(1)), ILicenseRegistry(address(2))) {}

    function put(bytes32 id, Channel calldata channel) external payable {
        _channels[id] = channel;
    }

    function put(uint256 counters) external {
        _datasetUsage[1] = counters;
    }

    function count(Meter meter, uint256 calls, uint256 units, uint256 time) external {
        _countForDataset(1, meter, calls, units, time);
    }
}

/// @dev It lets anything be sent.
contract Obliging {
    fallback() external payable {}
}

contract Trees {
    function verify(Node memory root, uint256 count, Node memory leaf, uint256 index, Node[] calldata siblings)
        external
        pure
        returns (bool)
    {
        return SumTree.verify(root, count, leaf, index, siblings);
    }
}

/// @title What holds for every input at all, as Halmos shows: `make prove`
/// @notice Each function takes any arguments and must never fail its assertion.
contract SymbolicTest {
    SignersAtWill internal signers;
    Trees internal trees;
    LedgerAtWill internal ledger;
    Obliging internal token;

    function setUp() public {
        signers = new SignersAtWill();
        trees = new Trees();
        ledger = new LedgerAtWill();
        token = new Obliging();
    }

    /* SUM TREES */

    /// @dev P11: in a tree of 16 leaves, four levels deep, a proof that holds for a leaf holds for no other one there.
    function check_aFirstPlaceHasOneLeaf(Node memory root, Node memory one, Node memory other, Node[4] memory beside)
        public
        view
    {
        _oneLeaf(root, one, other, beside, 0);
    }

    /// @dev P11: the same between siblings on either side.
    function check_aMiddlePlaceHasOneLeaf(Node memory root, Node memory one, Node memory other, Node[4] memory beside)
        public
        view
    {
        _oneLeaf(root, one, other, beside, 10);
    }

    /// @dev P11: the same for the last.
    function check_aLastPlaceHasOneLeaf(Node memory root, Node memory one, Node memory other, Node[4] memory beside)
        public
        view
    {
        _oneLeaf(root, one, other, beside, 15);
    }

    function _oneLeaf(Node memory root, Node memory one, Node memory other, Node[4] memory beside, uint256 index)
        internal
        view
    {
        Node[] memory siblings = new Node[](4);
        (siblings[0], siblings[1], siblings[2], siblings[3]) = (beside[0], beside[1], beside[2], beside[3]);
        (bool done, bytes memory first) =
            address(trees).staticcall(abi.encodeCall(Trees.verify, (root, 16, one, index, siblings)));
        (bool doneToo, bytes memory second) =
            address(trees).staticcall(abi.encodeCall(Trees.verify, (root, 16, other, index, siblings)));
        if (!done || !doneToo || !abi.decode(first, (bool)) || !abi.decode(second, (bool))) return;
        assert(one.hash == other.hash && one.sum == other.sum);
    }

    /* PACKED STATE */

    /// @dev P14
    function check_aNextVersionChangesNothingElse(uint96 raw, uint8 flags) public pure {
        DatasetData old = DatasetData.wrap(raw);
        if (old.version() == type(uint16).max || uint8(raw >> 48) > 7) return;
        DatasetData next = old.withNextVersion(flags);
        assert(next.version() == old.version() + 1);
        assert(next.registeredAt() == old.registeredAt());
        assert(next.kind() == old.kind());
        assert(next.epoch() == old.epoch());
        assert(next.flags() & ~DatasetDataLib.SYNTHETIC == old.flags() & ~DatasetDataLib.SYNTHETIC);
        assert(next.flags() & DatasetDataLib.SYNTHETIC == flags & DatasetDataLib.SYNTHETIC);
    }

    /// @dev P14
    function check_aNextEpochChangesNothingElse(uint96 raw) public pure {
        DatasetData old = DatasetData.wrap(raw);
        if (old.epoch() == type(uint32).max) return;
        DatasetData next = old.withNextEpoch();
        assert(next.epoch() == old.epoch() + 1);
        assert(uint64(DatasetData.unwrap(next)) == uint64(raw));
    }

    /// @dev What is added to one counter of use reaches no other, and none ever falls.
    function check_aCounterKeepsToItsBits(uint256 before, uint8 meter, uint48 calls, uint48 units, uint64 time) public {
        if (meter > 2) return;
        ledger.put(before);
        DatasetUsage memory old = ledger.usageOf(1);
        ledger.count(Meter(meter), calls, units, time);
        DatasetUsage memory now_ = ledger.usageOf(1);
        assert(now_.calls >= old.calls && now_.lastAt >= old.lastAt);
        assert(now_.callUnits == old.callUnits || (meter == 0 && now_.callUnits > old.callUnits));
        assert(now_.secondUnits == old.secondUnits || (meter == 1 && now_.secondUnits > old.secondUnits));
        assert(now_.megabyteUnits == old.megabyteUnits || (meter == 2 && now_.megabyteUnits > old.megabyteUnits));
    }

    /* TIMES */

    /// @dev AUD-L11: no scope ends within a day, unless it would have anyway; and none is longer than was asked for or had.
    function check_aScopeIsNotTakenAwayWithinADay(uint64 old, uint64 wanted, uint32 time) public {
        _warp(time);
        uint64 kept = signers.until(old, wanted);
        assert(kept >= wanted);
        if (old > time) assert(kept >= old || kept >= uint64(time) + 1 days);
        assert(kept <= old || kept <= wanted);
    }

    /// @dev P9, AUD-U7: a withdrawal takes what thawed and is left, once its time has come, and nothing else.
    function check_aWithdrawalTakesWhatThawedAndIsLeft(uint128 balance, uint128 thawing, uint64 thawsAt, uint32 time)
        public
    {
        _warp(time);
        bytes32 id = keccak256(abi.encode(address(this), address(7), address(token)));
        ledger.put(id, Channel(balance, thawing, thawsAt));
        (bool done, bytes memory answer) =
            address(ledger).call(abi.encodeCall(ledger.withdraw, (address(7), address(token))));
        Channel memory left = ledger.channelOf(address(this), address(7), address(token));
        if (!done) {
            assert(left.balance == balance && left.thawing == thawing && left.thawsAt == thawsAt);
            assert(thawsAt == 0 || thawsAt > time);
            return;
        }
        uint256 amount = abi.decode(answer, (uint256));
        assert(thawsAt != 0 && thawsAt <= time);
        assert(amount <= balance && amount <= thawing && (amount == balance || amount == thawing));
        assert(left.balance + amount == balance && left.thawing == 0 && left.thawsAt == 0);
    }

    function _warp(uint256 time) internal {
        (bool done,) =
            address(uint160(uint256(keccak256("hevm cheat code")))).call(abi.encodeWithSignature("warp(uint256)", time));
        require(done);
    }
}
