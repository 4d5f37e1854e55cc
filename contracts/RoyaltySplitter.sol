// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {MerkleProofLib} from "solady/utils/MerkleProofLib.sol";
import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {PaymentAddress} from "./base/PaymentAddress.sol";
import {Relayable} from "./base/Relayable.sol";
import {IRoyaltyPayer, IRoyaltySplitter, Share} from "./interfaces/IRoyaltySplitter.sol";
import {PaymentAddressLib} from "./libraries/PaymentAddressLib.sol";
import {Splits} from "./libraries/Splits.sol";

/// @title RoyaltySplitter
/// @notice Holds all royalties, by split and token, and which split each account is assigned to.
/// Only an account's controller assigns it and only a payee chooses its recipient; anyone may pay and trigger claims.
/// It never changes a split, never lowers what a payee may claim, and never knows what a dataset is.
contract RoyaltySplitter is IRoyaltySplitter, Relayable, ReentrancyGuardTransient {
    using SafeTransferLib for address;

    /// @dev What a split has received of one token, and what of that each payee has claimed.
    struct Pool {
        uint256 received;
        mapping(bytes32 payee => uint256 amount) claimed;
    }

    /// @dev What payment addresses delegate to.
    address internal immutable PAYMENT_ADDRESS = address(new PaymentAddress());

    /// @dev The chain id at deployment, part of every payment address: what is seen here never means another account's
    /// elsewhere, and a chain that is given a new number strands nobody.
    uint256 internal immutable CHAIN_ID = block.chainid;

    mapping(bytes32 splitId => uint256 count) internal _payeeCounts;
    mapping(bytes32 account => bytes32 splitId) internal _assigned;
    mapping(bytes32 splitId => mapping(address token => Pool)) internal _pools;
    mapping(address payee => address recipient) internal _recipients;

    /// @dev The payment address that is being emptied; zero outside `sweep`.
    address internal transient _sweeping;

    /// @dev Accepts ETH from the payment address that is being swept.
    receive() external payable {
        require(msg.sender == _sweeping, Splitter_PlainEther(msg.sender));
    }

    /* SPLITS AND ACCOUNTS */

    /// @inheritdoc IRoyaltySplitter
    function createSplit(Share[] calldata shares) external returns (bytes32 splitId) {
        splitId = Splits.checkedRoot(shares);

        _payeeCounts[splitId] = shares.length;

        Splits.emitCreated(splitId, shares);
    }

    /// @inheritdoc IRoyaltySplitter
    function assign(bytes32 key, bytes32 splitId) external returns (bytes32 account) {
        require(_payeeCounts[splitId] != 0, Splitter_UnknownSplit(splitId));

        account = _assign(_sender(), key, splitId);
    }

    /// @inheritdoc IRoyaltySplitter
    function assignMany(bytes32[] calldata keys, bytes32 splitId) external {
        require(_payeeCounts[splitId] != 0, Splitter_UnknownSplit(splitId));
        address controller = _sender();

        for (uint256 i; i < keys.length; ++i) {
            _assign(controller, keys[i], splitId);
        }
    }

    /// @inheritdoc IRoyaltySplitter
    function setRecipient(address recipient) external {
        require(recipient != address(this), Splitter_PaysItself());
        address payee = _sender();

        _recipients[payee] = recipient;

        emit RecipientSet(payee, recipientOf(payee));
    }

    /* MONEY IN */

    /// @inheritdoc IRoyaltySplitter
    function pay(bytes32 account, address token, uint256 amount) external payable nonReentrant {
        bytes32 splitId = _splitBehind(account);
        _checkAmount(token, amount);
        address payer = _sender();

        if (token != address(0)) {
            uint256 before = _held(token);
            token.safeTransferFrom(payer, address(this), amount);
            _checkArrived(token, before, amount);
        }
        _credit(account, splitId, token, payer, amount);
    }

    /// @inheritdoc IRoyaltySplitter
    function credit(bytes32[] calldata accounts, address token, uint256[] calldata amounts, bytes calldata data)
        external
        payable
        nonReentrant
    {
        require(accounts.length == amounts.length, Splitter_LengthMismatch(accounts.length, amounts.length));
        uint256 total;
        for (uint256 i; i < amounts.length; ++i) {
            require(amounts[i] != 0, Splitter_NothingPaid(token));
            total += amounts[i];
        }
        _checkAmount(token, total);

        _ask(token, total, data);
        for (uint256 i; i < accounts.length; ++i) {
            bytes32 account = accounts[i];
            _credit(account, _splitBehind(account), token, msg.sender, amounts[i]);
        }
    }

    /// @inheritdoc IRoyaltySplitter
    function creditOne(bytes32 account, address token, uint256 amount, bytes calldata data)
        external
        payable
        nonReentrant
    {
        _checkAmount(token, amount);

        _ask(token, amount, data);
        _credit(account, _splitBehind(account), token, msg.sender, amount);
    }

    /// @inheritdoc IRoyaltySplitter
    function sweep(bytes32 account, address token) external nonReentrant returns (uint256 amount) {
        bytes32 splitId = _splitBehind(account);
        address source = addressOf(account);
        uint256 there = token == address(0) ? source.balance : token.balanceOf(source);
        if (there == 0) return 0;

        if (source.code.length == 0) PaymentAddressLib.deploy(PAYMENT_ADDRESS, _salt(account));
        uint256 before = _held(token);
        _sweeping = source;
        PaymentAddress(source).empty(token, there);
        _sweeping = address(0);
        amount = FixedPointMathLib.zeroFloorSub(_held(token), before);
        if (amount != 0) _credit(account, splitId, token, source, amount);
    }

    /* MONEY OUT */

    /// @inheritdoc IRoyaltySplitter
    function claim(bytes32 splitId, address token, bytes32 payee, uint32 ppm, bytes32[] calldata proof)
        external
        nonReentrant
        returns (uint256 amount)
    {
        require(
            MerkleProofLib.verifyCalldata(proof, splitId, Splits.leaf(payee, ppm)),
            Splitter_InvalidProof(splitId, payee, ppm)
        );
        Pool storage pool = _pools[splitId][token];
        uint256 entitled = _entitled(pool, ppm);
        // What a split has received only grows, so nobody has claimed more than this.
        unchecked {
            amount = entitled - pool.claimed[payee];
        }
        if (amount == 0) return 0;

        pool.claimed[payee] = entitled;

        if (uint256(payee) > type(uint160).max) _forward(splitId, token, payee, amount);
        else _payOut(splitId, token, payee, amount);
    }

    /// @dev An internal credit: nothing leaves.
    function _forward(bytes32 splitId, address token, bytes32 payee, uint256 amount) internal {
        bytes32 toSplit = _splitBehind(payee);

        _pools[toSplit][token].received += amount;

        emit Forwarded(splitId, payee, toSplit, token, amount);
    }

    function _payOut(bytes32 splitId, address token, bytes32 payee, uint256 amount) internal {
        address recipient = recipientOf(address(uint160(uint256(payee))));

        emit Claimed(payee, splitId, token, recipient, amount);

        if (token == address(0)) recipient.safeTransferETH(amount);
        else token.safeTransfer(recipient, amount);
    }

    /* INTERNALS */

    function _assign(address controller, bytes32 key, bytes32 splitId) internal returns (bytes32 account) {
        account = accountOf(controller, key);

        _assigned[account] = splitId;

        emit AccountAssigned(account, splitId, controller, key);
    }

    /// @dev The caller has seen the money arrive.
    function _credit(bytes32 account, bytes32 splitId, address token, address payer, uint256 amount) internal {
        _pools[splitId][token].received += amount;

        emit Credited(account, splitId, token, payer, amount);
    }

    /// @dev Whoever called is asked for a token, and nobody else: a payer can be made to pay by its own calls only.
    function _ask(address token, uint256 amount, bytes calldata data) internal {
        if (token == address(0)) return;
        uint256 before = _held(token);
        IRoyaltyPayer(msg.sender).sendRoyalties(token, amount, data);
        _checkArrived(token, before, amount);
    }

    /// @dev Refuses nothing, and ETH sent along that is not exactly what is paid.
    function _checkAmount(address token, uint256 amount) internal view {
        require(amount != 0, Splitter_NothingPaid(token));
        uint256 expected = token == address(0) ? amount : 0;
        require(msg.value == expected, Splitter_WrongValue(expected, msg.value));
    }

    function _checkArrived(address token, uint256 before, uint256 amount) internal view {
        uint256 arrived = FixedPointMathLib.zeroFloorSub(_held(token), before);
        require(arrived >= amount, Splitter_NotReceived(token, amount, arrived));
    }

    /// @dev An account that nobody assigned, and that is the id of a split, is that split.
    function _splitBehind(bytes32 account) internal view returns (bytes32 splitId) {
        splitId = splitOf(account);
        require(splitId != 0, Splitter_UnassignedAccount(account));
    }

    /// @dev Rounds down; what is lost to rounding stays in the split and counts with the next credit. The product may
    /// exceed a word, so that a flood of a worthless token cannot block its claims.
    function _entitled(Pool storage pool, uint32 ppm) internal view returns (uint256) {
        return FixedPointMathLib.fullMulDiv(pool.received, ppm, Splits.WHOLE);
    }

    /// @dev What is here. A token that does not say is not taken to hold nothing: all that is here would seem to arrive.
    function _held(address token) internal view returns (uint256 balance) {
        if (token == address(0)) return address(this).balance;
        bool answered;
        (answered, balance) = token.checkBalanceOf(address(this));
        require(answered, Splitter_BalanceUnknown(token));
    }

    function _salt(bytes32 account) internal view returns (bytes32) {
        return EfficientHashLib.hash(account, bytes32(CHAIN_ID));
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("RoyaltySplitter", "1");
    }

    /// @dev Transient storage is there on every chain this compiles for.
    function _useTransientReentrancyGuardOnlyOnMainnet() internal pure override returns (bool) {
        return false;
    }

    /* VIEWS */

    /// @inheritdoc IRoyaltySplitter
    function owedOf(bytes32 splitId, address token, bytes32 payee, uint32 ppm) public view returns (uint256) {
        Pool storage pool = _pools[splitId][token];
        return _entitled(pool, ppm) - pool.claimed[payee];
    }

    /// @inheritdoc IRoyaltySplitter
    function receivedOf(bytes32 splitId, address token) external view returns (uint256) {
        return _pools[splitId][token].received;
    }

    /// @inheritdoc IRoyaltySplitter
    function claimedOf(bytes32 splitId, address token, bytes32 payee) external view returns (uint256) {
        return _pools[splitId][token].claimed[payee];
    }

    /// @inheritdoc IRoyaltySplitter
    function splitOf(bytes32 account) public view returns (bytes32 splitId) {
        splitId = _assigned[account];
        if (splitId == 0 && _payeeCounts[account] != 0) splitId = account;
    }

    /// @inheritdoc IRoyaltySplitter
    function payeeCountOf(bytes32 splitId) external view returns (uint256) {
        return _payeeCounts[splitId];
    }

    /// @inheritdoc IRoyaltySplitter
    function recipientOf(address payee) public view returns (address) {
        address recipient = _recipients[payee];
        return recipient == address(0) ? payee : recipient;
    }

    /// @inheritdoc IRoyaltySplitter
    function accountOf(address controller, bytes32 key) public pure returns (bytes32) {
        return EfficientHashLib.hash(bytes32(uint256(uint160(controller))), key);
    }

    /// @inheritdoc IRoyaltySplitter
    function addressOf(bytes32 account) public view returns (address) {
        require(uint256(account) > type(uint160).max, Splitter_NotAnAccount(account));
        return PaymentAddressLib.predict(PAYMENT_ADDRESS, _salt(account), address(this));
    }
}
