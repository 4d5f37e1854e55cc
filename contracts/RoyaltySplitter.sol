// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {MerkleProofLib} from "solady/utils/MerkleProofLib.sol";
import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {PaymentAddress} from "./base/PaymentAddress.sol";
import {Relayable} from "./base/Relayable.sol";
import {IRoyaltySplitter, Share} from "./interfaces/IRoyaltySplitter.sol";
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

    mapping(bytes32 splitId => uint256 count) internal _payeeCounts;
    mapping(bytes32 account => bytes32 splitId) internal _assigned;
    mapping(bytes32 splitId => mapping(address token => Pool)) internal _pools;
    mapping(address token => uint256 amount) internal _accounted;
    mapping(address payee => address recipient) internal _recipients;

    /// @dev Accepts ETH: from payment addresses, and from those who `credit` it in the same transaction.
    receive() external payable {}

    /* SPLITS AND ACCOUNTS */

    /// @inheritdoc IRoyaltySplitter
    function createSplit(Share[] calldata shares) external returns (bytes32 splitId) {
        splitId = Splits.checkedRoot(shares);
        if (_payeeCounts[splitId] != 0) return splitId;

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
        uint256 expected = token == address(0) ? amount : 0;
        require(msg.value == expected, Splitter_WrongValue(expected, msg.value));

        _credit(account, token, amount);
        uint256 accounted = _account(token, amount);

        if (token != address(0)) token.safeTransferFrom(_sender(), address(this), amount);
        _checkHeld(token, accounted);
    }

    /// @inheritdoc IRoyaltySplitter
    function credit(bytes32[] calldata accounts, address token, uint256[] calldata amounts)
        external
        payable
        nonReentrant
    {
        require(accounts.length == amounts.length, Splitter_LengthMismatch(accounts.length, amounts.length));
        require(msg.value == 0 || token == address(0), Splitter_WrongValue(0, msg.value));

        uint256 total;
        for (uint256 i; i < accounts.length; ++i) {
            _credit(accounts[i], token, amounts[i]);
            total += amounts[i];
        }
        _checkHeld(token, _account(token, total));
    }

    /// @inheritdoc IRoyaltySplitter
    function creditOne(bytes32 account, address token, uint256 amount) external payable nonReentrant {
        require(msg.value == 0 || token == address(0), Splitter_WrongValue(0, msg.value));

        _credit(account, token, amount);
        _checkHeld(token, _account(token, amount));
    }

    /// @inheritdoc IRoyaltySplitter
    function sweep(bytes32 account, address token) external nonReentrant returns (uint256 amount) {
        address source = addressOf(account);
        amount = _balance(token, source);
        if (amount == 0) return 0;

        _credit(account, token, amount);
        uint256 accounted = _account(token, amount);

        if (source.code.length == 0) PaymentAddressLib.deploy(PAYMENT_ADDRESS, _salt(account));
        PaymentAddress(source).empty(token, amount);
        _checkHeld(token, accounted);
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

    /// @dev An internal credit: nothing leaves, so what is accounted for stays the same.
    function _forward(bytes32 splitId, address token, bytes32 payee, uint256 amount) internal {
        bytes32 toSplit = _assignedSplit(payee);

        _pools[toSplit][token].received += amount;

        emit Forwarded(splitId, payee, toSplit, token, amount);
    }

    function _payOut(bytes32 splitId, address token, bytes32 payee, uint256 amount) internal {
        address recipient = recipientOf(address(uint160(uint256(payee))));

        // Nothing is owed that was not accounted for (P1).
        unchecked {
            _accounted[token] -= amount;
        }

        emit Claimed(payee, splitId, token, amount);

        if (token == address(0)) recipient.safeTransferETH(amount);
        else token.safeTransfer(recipient, amount);
    }

    /* INTERNALS */

    function _assign(address controller, bytes32 key, bytes32 splitId) internal returns (bytes32 account) {
        account = accountOf(controller, key);

        _assigned[account] = splitId;

        emit AccountAssigned(account, splitId, controller, key);
    }

    /// @dev Adds to what the account's split has received. The caller accounts for the money and checks that it is here.
    function _credit(bytes32 account, address token, uint256 amount) internal {
        bytes32 splitId = _assignedSplit(account);

        _pools[splitId][token].received += amount;

        emit Credited(account, splitId, token, amount);
    }

    function _account(address token, uint256 amount) internal returns (uint256 accounted) {
        accounted = _accounted[token] + amount;
        _accounted[token] = accounted;
    }

    function _checkHeld(address token, uint256 accounted) internal view {
        uint256 held = _balance(token, address(this));
        require(accounted <= held, Splitter_NotReceived(token, accounted, held));
    }

    function _assignedSplit(bytes32 account) internal view returns (bytes32 splitId) {
        splitId = _assigned[account];
        require(splitId != 0, Splitter_UnassignedAccount(account));
    }

    /// @dev Rounds down; what is lost to rounding stays in the split and counts with the next credit. The product may
    /// exceed a word, so that a flood of a worthless token cannot block its claims.
    function _entitled(Pool storage pool, uint32 ppm) internal view returns (uint256) {
        return FixedPointMathLib.fullMulDiv(pool.received, ppm, Splits.WHOLE);
    }

    function _balance(address token, address holder) internal view returns (uint256) {
        return token == address(0) ? holder.balance : token.balanceOf(holder);
    }

    /// @dev The chain id makes sure that an address seen here never means another account's elsewhere.
    function _salt(bytes32 account) internal view returns (bytes32) {
        return EfficientHashLib.hash(account, bytes32(block.chainid));
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
    function accountedOf(address token) external view returns (uint256) {
        return _accounted[token];
    }

    /// @inheritdoc IRoyaltySplitter
    function splitOf(bytes32 account) external view returns (bytes32) {
        return _assigned[account];
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
        return PaymentAddressLib.predict(PAYMENT_ADDRESS, _salt(account), address(this));
    }
}
