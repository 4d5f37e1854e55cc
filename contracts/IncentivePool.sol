// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {LibBitmap} from "solady/utils/LibBitmap.sol";

import {Custody} from "./base/Custody.sol";
import {Payments} from "./base/Payments.sol";
import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {Campaign, IIncentivePool, Standing} from "./interfaces/IIncentivePool.sol";
import {IRoyaltySplitter} from "./interfaces/IRoyaltySplitter.sol";
import {IUsageLedger, Statement, SumProof, Voucher} from "./interfaces/IUsageLedger.sol";
import {LedgerHashes} from "./libraries/LedgerHashes.sol";

/// @title IncentivePool
/// @notice Holds the pots of campaigns, and what each dataset's uses weigh in them.
/// Anyone funds a campaign, enters what was used, and has datasets credited; nobody changes a campaign.
/// It never pays anybody but datasets' accounts, unless nothing counted, and never counts a statement twice.
contract IncentivePool is IIncentivePool, Custody {
    using LedgerHashes for Voucher;
    using LibBitmap for LibBitmap.Bitmap;

    uint256 internal constant MAX_GATEWAYS = 64;

    uint256 internal constant MAX_WINDOW = 366 days;

    /// @dev From the end to the close: time to collect, and to enter what was settled at last.
    uint48 internal constant ENTERING = 30 days;

    /// @dev Entering reads two slots of it: what counts lies in one.
    struct Kept {
        address reward;
        address token;
        uint48 start;
        uint48 end;
        uint256 pot;
        uint256 weight;
    }

    /// @dev A dataset's part of a campaign, in one slot. A hostile token's amounts may add up to anything: then entering
    /// reverts, in its own campaigns.
    struct Part {
        uint248 weight;
        bool credited;
    }

    /// @inheritdoc IIncentivePool
    IDatasetRegistry public immutable DATASETS;

    /// @inheritdoc IIncentivePool
    IUsageLedger public immutable LEDGER;

    /// @inheritdoc IIncentivePool
    uint256 public campaignCount;

    mapping(uint256 campaign => Kept) internal _campaigns;
    mapping(uint256 campaign => mapping(address gateway => bool)) internal _gateways;
    mapping(uint256 campaign => mapping(address funder => uint256 amount)) internal _funding;
    mapping(uint256 campaign => mapping(uint256 dataset => Part)) internal _parts;
    mapping(uint256 campaign => mapping(bytes32 batchId => LibBitmap.Bitmap)) internal _entered;

    constructor(IRoyaltySplitter splitter, IDatasetRegistry datasets, IUsageLedger ledger) Payments(splitter) {
        (DATASETS, LEDGER) = (datasets, ledger);
    }

    /* CAMPAIGNS */

    /// @inheritdoc IIncentivePool
    function open(Campaign calldata terms) external returns (uint256 campaign) {
        require(
            terms.start < terms.end && terms.end - terms.start <= MAX_WINDOW && terms.end > block.timestamp,
            Pool_InvalidWindow(terms.start, terms.end, block.timestamp)
        );
        uint256 count = terms.gateways.length;
        require(count != 0 && count <= MAX_GATEWAYS, Pool_GatewayCount(count));

        campaign = ++campaignCount;
        address previous;
        for (uint256 i; i < count; ++i) {
            address gateway = terms.gateways[i];
            require(gateway > previous, Pool_GatewayOrder(i, gateway));
            _gateways[campaign][gateway] = true;
            previous = gateway;
        }
        _campaigns[campaign] = Kept(terms.reward, terms.token, terms.start, terms.end, 0, 0);

        emit CampaignOpened(campaign, _sender(), terms, terms.end + ENTERING);
    }

    /// @inheritdoc IIncentivePool
    function fund(uint256 campaign, uint128 amount) external payable nonReentrant {
        Kept storage kept = _known(campaign);
        require(block.timestamp < kept.end, Pool_Ended(campaign, kept.end, block.timestamp));
        require(amount != 0, Pool_NoAmount(campaign));
        address reward = kept.reward;
        _checkValue(reward == address(0) ? amount : 0);
        address funder = _sender();

        if (reward != address(0)) _pull(reward, funder, amount);
        kept.pot += amount;
        _funding[campaign][funder] += amount;

        emit CampaignFunded(campaign, funder, amount);
    }

    /* USE */

    /// @inheritdoc IIncentivePool
    function enter(
        uint256 campaign,
        Voucher calldata voucher,
        uint256 settledAt,
        Statement[] calldata statements,
        SumProof[] calldata proofs
    ) external returns (uint256 added) {
        Kept storage kept = _known(campaign);
        uint48 closesAt = kept.end + ENTERING;
        require(block.timestamp < closesAt, Pool_Closed(campaign, closesAt, block.timestamp));
        require(statements.length == proofs.length, Pool_LengthMismatch(statements.length, proofs.length));
        require(_gateways[campaign][voucher.gateway], Pool_WrongGateway(campaign, voucher.gateway));
        require(voucher.token == kept.token, Pool_WrongToken(campaign, voucher.token));
        require(kept.start <= settledAt && settledAt < kept.end, Pool_OutsideWindow(campaign, settledAt));

        bytes32 batchId = voucher.batchId();
        for (uint256 i; i < statements.length; ++i) {
            added += _enter(campaign, batchId, voucher, settledAt, statements[i], proofs[i]);
        }
        kept.weight += added;
    }

    /* REWARDS */

    /// @inheritdoc IIncentivePool
    function credit(uint256 campaign, uint32 dataset) external nonReentrant returns (uint256 amount) {
        Kept storage kept = _closed(campaign);
        Part storage part = _parts[campaign][dataset];
        uint256 weight = part.weight;
        if (weight == 0 || part.credited) return 0;
        amount = FixedPointMathLib.fullMulDiv(kept.pot, weight, kept.weight);
        if (amount == 0) return 0;

        part.credited = true;

        emit RewardCredited(campaign, dataset, amount);

        _payAccount(EfficientHashLib.hash(uint160(address(DATASETS)), dataset), kept.reward, amount, address(this));
    }

    /// @inheritdoc IIncentivePool
    function refund(uint256 campaign, address funder) external nonReentrant returns (uint256 amount) {
        Kept storage kept = _closed(campaign);
        require(kept.weight == 0, Pool_HasWeight(campaign, kept.weight));
        amount = _funding[campaign][funder];
        if (amount == 0) return 0;

        _funding[campaign][funder] = 0;
        address recipient = SPLITTER.recipientOf(funder);

        emit FundingReturned(campaign, funder, recipient, amount);

        _send(kept.reward, recipient, amount);
    }

    /* INTERNALS */

    /// @dev Marks and weighs one statement, unless it was entered before; answers what it adds.
    function _enter(
        uint256 campaign,
        bytes32 batchId,
        Voucher calldata voucher,
        uint256 settledAt,
        Statement calldata statement,
        SumProof calldata proof
    ) internal returns (uint128 amount) {
        LibBitmap.Bitmap storage entered = _entered[campaign][batchId];
        if (entered.get(proof.index)) return 0;
        require(
            LEDGER.verifyStatement(voucher, settledAt, statement, proof), Pool_InvalidStatement(batchId, proof.index)
        );
        Part storage part = _parts[campaign][statement.dataset];
        // Refuses a number that is no dataset. What weighs something was asked for before, and datasets stay.
        // Measured: 5,700 gas less than asking always.
        if (part.weight == 0) DATASETS.stateOf(statement.dataset);
        amount = proof.amount;

        entered.set(proof.index);
        part.weight += amount;

        emit StatementEntered(campaign, statement.dataset, batchId, proof.index, amount);
    }

    function _known(uint256 campaign) internal view returns (Kept storage kept) {
        kept = _campaigns[campaign];
        require(kept.end != 0, Pool_UnknownCampaign(campaign));
    }

    function _closed(uint256 campaign) internal view returns (Kept storage kept) {
        kept = _known(campaign);
        uint48 closesAt = kept.end + ENTERING;
        require(block.timestamp >= closesAt, Pool_NotClosed(campaign, closesAt, block.timestamp));
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("IncentivePool", "1");
    }

    /* VIEWS */

    /// @inheritdoc IIncentivePool
    function campaignOf(uint256 campaign) external view returns (Standing memory) {
        Kept storage kept = _known(campaign);
        return Standing(kept.reward, kept.token, kept.start, kept.end, kept.end + ENTERING, kept.pot, kept.weight);
    }

    /// @inheritdoc IIncentivePool
    function countsGateway(uint256 campaign, address gateway) external view returns (bool) {
        return _gateways[campaign][gateway];
    }

    /// @inheritdoc IIncentivePool
    function weightOf(uint256 campaign, uint32 dataset) external view returns (uint256, bool) {
        Part storage part = _parts[campaign][dataset];
        return (part.weight, part.credited);
    }

    /// @inheritdoc IIncentivePool
    function fundingOf(uint256 campaign, address funder) external view returns (uint256) {
        return _funding[campaign][funder];
    }

    /// @inheritdoc IIncentivePool
    function isEntered(uint256 campaign, bytes32 batchId, uint256 index) external view returns (bool) {
        return _entered[campaign][batchId].get(index);
    }
}
