// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Kind, Parent, Registration} from "contracts/interfaces/IDatasetRegistry.sol";
import {IRoyaltyPayer, IRoyaltySplitter, Share} from "contracts/interfaces/IRoyaltySplitter.sol";

import {IToken721, Suite} from "./Suite.sol";
import {Trees} from "./Trees.sol";

/// @title Royalties, lived at random
/// @notice Creators, contributors, a custodian, payers and an attacker, and beside them a model that knows nothing of the
/// suite's code: what each split received, what each payee claimed, and where every unit of money is. Calls that must be
/// refused are expected to be, by name.
contract RoyaltyWorld is Suite, IRoyaltyPayer {
    struct Registered {
        bytes32 account;
        bytes32 contentRoot;
        bytes32 manifest;
        bytes32 lineage;
        address creator;
        address owner;
        uint32 time;
        Parent[] parents;
    }

    uint256 internal constant MAX_DATASETS = 9;
    uint256 internal constant TRUSTS = 2;
    uint256 internal constant WHOLE = 1_000_000;

    enum Conduct {
        Honest,
        Short,
        Nothing,
        Reentrant
    }

    address[4] public people = [actor("creator"), actor("composer"), actor("performer"), actor("producer")];
    address public immutable CUSTODIAN = actor("custodian");
    address public immutable ATTACKER = actor("attacker");

    uint256 public steps;
    bytes32[] public splits;
    Registered[] internal _datasets;
    mapping(bytes32 split => Share[]) internal _shares;
    mapping(bytes32 account => bytes32 split) public assigned;
    mapping(bytes32 split => mapping(uint256 token => uint256)) public received;
    mapping(bytes32 split => mapping(uint256 token => mapping(bytes32 payee => uint256))) public claimed;
    mapping(bytes32 account => mapping(uint256 balance => uint256)) public lying;
    mapping(address payee => address) public recipients;
    mapping(uint256 balance => uint256) public paidIn;
    mapping(uint256 balance => uint256) public paidOut;
    mapping(uint256 balance => uint256) public stray;
    mapping(address recipient => mapping(uint256 balance => uint256)) public paidTo;
    /// @dev Through accounts a split can reach itself; then claims circulate, and there is no end at which to count dust.
    bool public circular;

    Conduct internal _conduct;
    uint256 internal _token;

    constructor() {
        deploySuite();
        _register(0, 1);
    }

    modifier step() {
        ++steps;
        _;
    }

    /* WHAT MAY HAPPEN */

    function register(uint256 creator, uint256 seed) external step {
        if (_datasets.length < MAX_DATASETS) _register(creator, seed);
    }

    function pay(uint256 payer, uint256 account, uint256 token, uint256 amount) external step {
        token %= NAMES;
        amount = sum(amount);
        bytes32 to = _account(account);
        address from = people[payer % people.length];
        uint256 value = ready(token, from, address(splitter), amount);
        bool refused = assigned[to] == 0;

        if (refused) vm.expectRevert(abi.encodeWithSelector(IRoyaltySplitter.Splitter_UnassignedAccount.selector, to));
        vm.prank(from);
        splitter.pay{value: value}(to, tokens[token], amount);
        if (!refused) _arrived(to, token, amount);
    }

    function payByTransfer(uint256 payer, uint256 account, uint256 token, uint256 amount) external step {
        token %= NAMES;
        amount = sum(amount);
        bytes32 to = _account(account);

        transfer(token, people[payer % people.length], splitter.addressOf(to), amount);
        lying[to][balanceNumber(token)] += amount;
    }

    function sweep(uint256 account, uint256 token) external step {
        token %= NAMES;
        bytes32 to = _account(account);
        uint256 amount = lying[to][balanceNumber(token)];
        bool refused = assigned[to] == 0;

        if (refused) vm.expectRevert(abi.encodeWithSelector(IRoyaltySplitter.Splitter_UnassignedAccount.selector, to));
        vm.prank(ATTACKER);
        uint256 swept = splitter.sweep(to, tokens[token]);
        if (refused) return;
        same(swept, amount, "swept");
        lying[to][balanceNumber(token)] = 0;
        if (amount != 0) _arrived(to, token, amount);
    }

    /// @dev This contract pays several accounts at once, and does not always send what it said.
    function credit(uint256 seed, uint256 token, uint256 amount, uint8 conduct) external step {
        token %= NAMES;
        (_conduct, _token) = (token == 0 ? Conduct.Honest : Conduct(conduct % 4), token);
        (bytes32[] memory accounts, uint256[] memory amounts) = (new bytes32[](3), new uint256[](3));
        uint256 total;
        for (uint256 i; i < 3; ++i) {
            (accounts[i], amounts[i]) = (_datasets[draw(seed, i) % _datasets.length].account, sum(draw(amount, i)));
            total += amounts[i];
        }
        uint256 value = ready(token, address(this), address(this), total);
        uint256 missing = _conduct == Conduct.Short ? 1 : _conduct == Conduct.Nothing ? total : 0;

        if (missing != 0) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IRoyaltySplitter.Splitter_NotReceived.selector, tokens[token], total, total - missing
                )
            );
        }
        splitter.credit{value: value}(accounts, tokens[token], amounts, abi.encode(address(this)));
        for (uint256 i; i < 3 && missing == 0; ++i) {
            _arrived(accounts[i], token, amounts[i]);
        }
    }

    /// @inheritdoc IRoyaltyPayer
    function sendRoyalties(address token, uint256 amount, bytes calldata data) external {
        holds(msg.sender == address(splitter) && token == tokens[_token], "asked by the splitter alone");
        same(abi.decode(data, (address)), address(this), "with its own data");
        if (_conduct == Conduct.Reentrant) _reenter(token, amount);
        if (_conduct == Conduct.Nothing) return;
        (bool sent,) = token.call(
            abi.encodeWithSignature("transfer(address,uint256)", splitter, amount - (_conduct == Conduct.Short ? 1 : 0))
        );
        holds(sent, "sent");
    }

    function claim(uint256 split, uint256 line, uint256 token) external step {
        claimLine(splits[split % splits.length], line, token % NAMES);
    }

    function moveShare(uint256 dataset, uint256 person, uint256 to) external step {
        Registered storage it = _datasets[dataset % _datasets.length];
        bytes32 payee = word(people[person % people.length]);
        bytes32 target = to % 3 == 0 ? _trust(to) : word(people[to % people.length]);
        Share[] memory shares = _shares[assigned[it.account]];
        uint256 place = _placeOf(shares, payee);
        if (place == shares.length || target == payee) return;
        Share[] memory moved = _copy(shares);
        moved[place].payee = target;
        moved = ordered(moved);

        vm.prank(people[person % people.length]);
        bytes32 split = datasets.moveShare(_number(it), shares, target);
        same(split, _remember(moved), "the moved split");
        assigned[it.account] = split;
    }

    /// @dev The custodian points an account that it controls somewhere else: at people, or at any split there is.
    function assign(uint256 trust, uint256 person, uint256 split) external step {
        bytes32 to;
        if (split % 4 == 0) {
            to = splits[split % splits.length];
            Share[] memory shares = _shares[to];
            if (uint256(shares[shares.length - 1].payee) > type(uint160).max) circular = true;
        } else {
            Share[] memory shares = single(word(people[person % people.length]));
            splitter.createSplit(shares);
            to = _remember(shares);
        }
        vm.prank(CUSTODIAN);
        bytes32 account = splitter.assign(bytes32(trust % TRUSTS), to);
        same(account, _trust(trust), "the custodian's account");
        assigned[account] = to;
    }

    function setRecipient(uint256 person, uint256 to) external step {
        address payee = people[person % people.length];
        address recipient = to % 3 == 0 ? address(0) : address(uint160(0xbeef + to % 3));
        vm.prank(payee);
        splitter.setRecipient(recipient);
        recipients[payee] = recipient;
    }

    function giveDataset(uint256 dataset, uint256 to) external step {
        Registered storage it = _datasets[dataset % _datasets.length];
        uint256 number = _number(it);
        vm.prank(it.owner);
        IToken721(address(datasets)).transferFrom(it.owner, people[to % people.length], number);
        it.owner = people[to % people.length];
    }

    function publishVersion(uint256 dataset, uint256 seed) external step {
        Registered storage it = _datasets[dataset % _datasets.length];
        uint256 number = _number(it);
        uint16 version = datasets.datasetOf(number).version + 1;
        vm.prank(it.owner);
        datasets.publishVersion(number, version, 4, bytes32(seed | 1), bytes32(seed | 2), uint8(seed % 2) * 2);
    }

    function leaveStrayMoney(uint256 token, uint256 amount) external step {
        token = 1 + token % (NAMES - 1);
        amount = sum(amount);
        transfer(token, ATTACKER, address(splitter), amount);
        stray[balanceNumber(token)] += amount;
    }

    /// @dev Everything that somebody without rights would try.
    function attack(uint256 seed, uint256 split, uint256 line, uint256 token) external step {
        token %= NAMES;
        bytes32 id = splits[split % splits.length];
        Share[] memory shares = _shares[id];
        uint256 place = line % shares.length;
        Registered storage it = _datasets[seed % _datasets.length];
        (bytes32 account, uint256 number) = (it.account, _number(it));
        address paymentAddress = splitter.addressOf(account);
        vm.deal(ATTACKER, 1 ether);

        if (seed % 7 == 0) {
            uint32 ppm = shares[place].ppm + 1;
            bytes32[] memory proof = Trees.shareProof(shares, place);
            bytes memory why =
                abi.encodeWithSelector(IRoyaltySplitter.Splitter_InvalidProof.selector, id, shares[place].payee, ppm);
            vm.expectRevert(why);
            splitter.claim(id, tokens[token], shares[place].payee, ppm, proof);
        } else if (seed % 7 == 1) {
            // The attacker controls an account of that key, which is not the dataset's.
            vm.prank(ATTACKER);
            bytes32 own = splitter.assign(bytes32(number), id);
            holds(own != account, "another account");
            same(splitter.splitOf(account), assigned[account], "still assigned");
        } else if (seed % 7 == 2) {
            if (paymentAddress.code.length == 0) return;
            vm.prank(ATTACKER);
            (bool done, bytes memory why) =
                paymentAddress.call(abi.encodeWithSignature("empty(address,uint256)", tokens[token], 1));
            holds(!done && bytes4(why) == bytes4(keccak256("PaymentAddress_NotSplitter(address)")), "not the splitter");
        } else if (seed % 7 == 3) {
            vm.prank(ATTACKER);
            (bool done, bytes memory why) = address(splitter).call{value: 1}("");
            holds(!done && bytes4(why) == IRoyaltySplitter.Splitter_PlainEther.selector, "plain ETH");
        } else if (seed % 7 == 4) {
            vm.expectRevert(abi.encodeWithSignature("Payments_NotSplitter(address)", ATTACKER));
            vm.prank(ATTACKER);
            licenses.sendRoyalties(tokens[1], 1, abi.encode(people[0]));
        } else if (seed % 7 == 5) {
            vm.expectRevert(abi.encodeWithSelector(IRoyaltySplitter.Splitter_NothingPaid.selector, tokens[token]));
            vm.prank(ATTACKER);
            splitter.pay(account, tokens[token], 0);
        } else {
            vm.expectRevert(abi.encodeWithSelector(IRoyaltySplitter.Splitter_WrongValue.selector, 2, 1));
            vm.prank(ATTACKER);
            splitter.pay{value: 1}(account, address(0), 2);
        }
    }

    /* WHAT THE MODEL SAYS */

    function splitCount() external view returns (uint256) {
        return splits.length;
    }

    function datasetCount() external view returns (uint256) {
        return _datasets.length;
    }

    function datasetAt(uint256 index) external view returns (Registered memory) {
        return _datasets[index];
    }

    function sharesOf(bytes32 split) external view returns (Share[] memory) {
        return _shares[split];
    }

    function owed(bytes32 split, uint256 token, Share memory share) public view returns (uint256) {
        return received[split][token] * share.ppm / WHOLE - claimed[split][token][share.payee];
    }

    /// @dev Claims a line as anybody may, and checks what came of it to the unit.
    function claimLine(bytes32 split, uint256 line, uint256 token) public returns (uint256 amount) {
        Share[] memory shares = _shares[split];
        Share memory share = shares[line % shares.length];
        bytes32[] memory proof = Trees.shareProof(shares, line % shares.length);
        amount = owed(split, token, share);
        bool isAccount = uint256(share.payee) > type(uint160).max;
        if (isAccount && amount != 0 && assigned[share.payee] == 0) {
            vm.expectRevert(abi.encodeWithSelector(IRoyaltySplitter.Splitter_UnassignedAccount.selector, share.payee));
            splitter.claim(split, tokens[token], share.payee, share.ppm, proof);
            return 0;
        }
        address payee = address(uint160(uint256(share.payee)));
        address recipient = recipients[payee] == address(0) ? payee : recipients[payee];
        uint256 before = balanceOf(token, recipient);

        vm.prank(ATTACKER);
        same(splitter.claim(split, tokens[token], share.payee, share.ppm, proof), amount, "claimed");

        claimed[split][token][share.payee] += amount;
        if (isAccount) {
            received[assigned[share.payee]][token] += amount;
        } else {
            paidOut[balanceNumber(token)] += amount;
            same(balanceOf(token, recipient), before + amount, "paid");
        }
    }

    /* INTERNALS */

    function _register(uint256 creator, uint256 seed) internal {
        uint256 number = _datasets.length + 1;
        Registered storage it = _datasets.push();
        Registration memory given;
        given.content = content(Kind(seed % 7), seed);
        given.parents = _parents(seed, number);
        given.shares = _split(seed, given.parents);
        (it.account, it.contentRoot, it.manifest) =
        (keccak256(abi.encode(datasets, number)), given.content.contentRoot, given.content.manifest);
        (it.creator, it.time) = (people[creator % people.length], uint32(block.timestamp));
        it.owner = it.creator;
        if (given.parents.length != 0) it.lineage = keccak256(abi.encode(given.parents));
        for (uint256 i; i < given.parents.length; ++i) {
            it.parents.push(given.parents[i]);
        }

        vm.prank(it.creator);
        same(datasets.register(given), number, "number");
        assigned[it.account] = _remember(given.shares);
    }

    /// @dev The newest dataset always, so that lineage runs deep, and perhaps the one before it.
    function _parents(uint256 seed, uint256 number) internal pure returns (Parent[] memory parents) {
        uint256 count = number == 1 ? 0 : number == 2 ? 1 : 1 + seed % 2;
        parents = new Parent[](count);
        for (uint256 i; i < count; ++i) {
            parents[i] =
                Parent(uint32(number - count + i), uint32(draw(seed, 90 + i) % 5 == 0 ? 0 : draw(seed, i) % 450_001));
        }
    }

    /// @dev The parents' lines, and the rest for people, an account in trust, and perhaps another split.
    function _split(uint256 seed, Parent[] memory parents) internal view returns (Share[] memory) {
        Share[] memory shares = new Share[](parents.length + 4);
        uint32 left = uint32(WHOLE);
        for (uint256 i; i < parents.length; ++i) {
            shares[i] = Share(_datasets[parents[i].dataset - 1].account, parents[i].ppm);
            left -= parents[i].ppm;
        }
        for (uint256 i; i < 4; ++i) {
            uint32 ppm = i == 3 ? left : uint32(draw(seed, 10 + i) % left);
            bytes32 payee = word(people[draw(seed, 20 + i) % people.length]);
            if (i == 1) payee = _trust(seed);
            // A group of payees behind the id of their split. It holds no accounts, so that no circle comes of it.
            if (i == 2 && splits.length != 0 && seed % 3 == 0) payee = _group(seed, payee);
            shares[parents.length + i] = Share(payee, ppm);
            left -= ppm;
        }
        return ordered(shares);
    }

    function _group(uint256 seed, bytes32 otherwise) internal view returns (bytes32 split) {
        split = splits[draw(seed, 77) % splits.length];
        Share[] storage shares = _shares[split];
        if (uint256(shares[shares.length - 1].payee) > type(uint160).max) return otherwise;
    }

    function _remember(Share[] memory shares) internal returns (bytes32 split) {
        split = Trees.splitId(shares);
        if (_shares[split].length != 0) return split;
        splits.push(split);
        assigned[split] = split; // a split is its own account
        for (uint256 i; i < shares.length; ++i) {
            _shares[split].push(shares[i]);
        }
    }

    function _arrived(bytes32 account, uint256 token, uint256 amount) internal {
        received[assigned[account]][token] += amount;
        paidIn[balanceNumber(token)] += amount;
    }

    /// @dev Under the lock, nothing that moves money works.
    function _reenter(address token, uint256 amount) internal {
        bytes32 account = _datasets[0].account;
        Share[] memory shares = _shares[splits[0]];
        bytes[4] memory calls = [
            abi.encodeCall(IRoyaltySplitter.pay, (account, token, amount)),
            abi.encodeCall(IRoyaltySplitter.sweep, (account, token)),
            abi.encodeCall(IRoyaltySplitter.creditOne, (account, token, amount, "")),
            abi.encodeCall(
                IRoyaltySplitter.claim, (splits[0], token, shares[0].payee, shares[0].ppm, Trees.shareProof(shares, 0))
            )
        ];
        for (uint256 i; i < calls.length; ++i) {
            (bool done, bytes memory why) = address(splitter).call(calls[i]);
            holds(!done && bytes4(why) == bytes4(keccak256("Reentrancy()")), "locked");
        }
    }

    /// @dev A dataset's account, one in trust, or a split itself.
    function _account(uint256 seed) internal view returns (bytes32) {
        if (seed % 5 == 0) return _trust(seed);
        if (seed % 5 == 1) return splits[seed % splits.length];
        return _datasets[seed % _datasets.length].account;
    }

    function _trust(uint256 seed) internal view returns (bytes32) {
        return keccak256(abi.encode(CUSTODIAN, seed % TRUSTS));
    }

    function _number(Registered storage it) internal view returns (uint256) {
        for (uint256 i; i < _datasets.length; ++i) {
            if (_datasets[i].account == it.account) return i + 1;
        }
        revert Untrue("registered");
    }

    function _placeOf(Share[] memory shares, bytes32 payee) internal pure returns (uint256 place) {
        while (place < shares.length && shares[place].payee != payee) ++place;
    }

    function _copy(Share[] memory shares) internal pure returns (Share[] memory copy) {
        copy = new Share[](shares.length);
        for (uint256 i; i < shares.length; ++i) {
            copy[i] = Share(shares[i].payee, shares[i].ppm);
        }
    }

    receive() external payable {}
}
