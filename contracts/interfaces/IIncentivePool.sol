// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDatasetRegistry} from "./IDatasetRegistry.sol";
import {ICustody} from "./ICustody.sol";
import {IPayments} from "./IPayments.sol";
import {IUsageLedger, Statement, SumProof, Voucher} from "./IUsageLedger.sol";

/// @notice What a sponsor promises: a pot, shared out by what was paid for uses.
/// @param reward What the pot is in; zero is ETH.
/// @param token What counted uses were paid in; zero is ETH.
/// @param gateways Whose batches count, strictly ascending, at most 64. A sponsor names those that know their payers.
/// @param start Unix seconds; batches settled from then on count.
/// @param end Unix seconds, exclusive: batches settled before it count, and the pot can be added to until then.
struct Campaign {
    address reward;
    address token;
    address[] gateways;
    uint48 start;
    uint48 end;
}

/// @notice How a campaign stands.
/// @param pot All that was put in; what is credited does not lower it.
/// @param weight The sum of all datasets' weights.
/// @param closesAt Unix seconds; before it statements are entered, from it on datasets are credited.
struct Standing {
    address reward;
    address token;
    uint48 start;
    uint48 end;
    uint48 closesAt;
    uint256 pot;
    uint256 weight;
}

/// @title Rewards by use
/// @notice Sponsors fill pots, anyone enters statements of settled batches, and each dataset's account is credited its part
/// of the pot: as its uses paid, so they are rewarded. A campaign never changes, and nobody takes back what was put in,
/// unless nothing counted.
/// @dev Assumptions:
/// - Gateways: a campaign is as honest as those it names. Whether a use is real cannot be told on chain: an owner's own
/// licence at an own price cycles the money back, at the cost of a fee.
/// - Ledger: it says true of a statement only if that is part of a batch settled at that time, at that amount.
/// - Enterers: whoever wants a statement to count enters it within the 30 days after the end.
/// - Chain: `block.timestamp` is right to some seconds.
interface IIncentivePool is ICustody, IPayments {
    /// @notice A campaign stands from now on, exactly so.
    event CampaignOpened(uint256 indexed campaign, address indexed sponsor, Campaign terms, uint48 closesAt);

    /// @notice `funder` put `amount` of the reward token into the pot.
    event CampaignFunded(uint256 indexed campaign, address indexed funder, uint256 amount);

    /// @notice A statement counts for the dataset with `amount`, what its uses paid.
    event StatementEntered(
        uint256 indexed campaign, uint32 indexed dataset, bytes32 indexed batchId, uint256 index, uint128 amount
    );

    /// @notice The dataset's account was credited `amount`, its part of the pot.
    event RewardCredited(uint256 indexed campaign, uint32 indexed dataset, uint256 amount);

    /// @notice Nothing counted, and `funder`'s recipient has what `funder` put in.
    event FundingReturned(uint256 indexed campaign, address indexed funder, address recipient, uint256 amount);

    /// @notice No campaign has this number.
    error Pool_UnknownCampaign(uint256 campaign);

    /// @notice A window ends after it starts, at most 366 days later, and after now.
    error Pool_InvalidWindow(uint48 start, uint48 end, uint256 time);

    /// @notice A campaign names between 1 and 64 gateways.
    error Pool_GatewayCount(uint256 count);

    /// @notice Gateways are strictly ascending, and not zero.
    error Pool_GatewayOrder(uint256 index, address gateway);

    /// @notice The campaign ended at `end`, and it is `time`: nothing can be put in any more.
    error Pool_Ended(uint256 campaign, uint48 end, uint256 time);

    /// @notice The campaign closed at `closesAt`: nothing more can be entered.
    error Pool_Closed(uint256 campaign, uint48 closesAt, uint256 time);

    /// @notice The campaign closes at `closesAt`: nothing is paid out before.
    error Pool_NotClosed(uint256 campaign, uint48 closesAt, uint256 time);

    /// @notice Nothing is not put in.
    error Pool_NoAmount(uint256 campaign);

    /// @notice The batch was settled by a gateway that does not count.
    error Pool_WrongGateway(uint256 campaign, address gateway);

    /// @notice The batch was paid in another token.
    error Pool_WrongToken(uint256 campaign, address token);

    /// @notice The batch was settled outside the campaign's window.
    error Pool_OutsideWindow(uint256 campaign, uint256 settledAt);

    /// @notice The proof does not show this statement in the settled batch.
    error Pool_InvalidStatement(bytes32 batchId, uint256 index);

    /// @notice One proof for each statement.
    error Pool_LengthMismatch(uint256 statements, uint256 proofs);

    /// @notice Something counted, so the pot goes to datasets.
    error Pool_HasWeight(uint256 campaign, uint256 weight);

    /// @notice Opens a campaign under the next number. It is empty until somebody funds it.
    /// Warning: what is put in cannot be taken back, unless nothing counts; whoever controls a named gateway decides what
    /// counts.
    /// @return campaign Counting up from 1.
    function open(Campaign calldata terms) external returns (uint256 campaign);

    /// @notice Adds to a campaign's pot before its end, from the caller's money. ETH exact; a token must arrive in full.
    function fund(uint256 campaign, uint128 amount) external payable;

    /// @notice Enters statements of one settled batch, before the campaign closes. Anyone may, once for each statement and
    /// campaign; those that were entered are skipped, wrong ones revert.
    /// @return added The weight that they add.
    function enter(
        uint256 campaign,
        Voucher calldata voucher,
        uint256 settledAt,
        Statement[] calldata statements,
        SumProof[] calldata proofs
    ) external returns (uint256 added);

    /// @notice Credits a dataset's account its part of the pot, rounded down, once, when the campaign is closed. Anyone may.
    /// @return amount What was credited; zero if it was before, or rounds to nothing.
    function credit(uint256 campaign, uint32 dataset) external returns (uint256 amount);

    /// @notice Returns what `funder` put in to its recipient, when the campaign is closed and nothing counted. Anyone may.
    /// @return amount What was returned; zero if it was before.
    function refund(uint256 campaign, address funder) external returns (uint256 amount);

    /// @notice How a campaign stands. Reverts for an unknown one.
    function campaignOf(uint256 campaign) external view returns (Standing memory);

    /// @notice How many campaigns there are; the newest has this number.
    function campaignCount() external view returns (uint256);

    /// @notice Whether batches of the gateway count.
    function countsGateway(uint256 campaign, address gateway) external view returns (bool);

    /// @notice A dataset's weight in a campaign, and whether it was credited.
    function weightOf(uint256 campaign, uint32 dataset) external view returns (uint256 weight, bool credited);

    /// @notice What a funder has put into a campaign and not taken back.
    function fundingOf(uint256 campaign, address funder) external view returns (uint256);

    /// @notice Whether statement `index` of a batch was entered.
    function isEntered(uint256 campaign, bytes32 batchId, uint256 index) external view returns (bool);

    /// @notice Whose datasets are rewarded.
    function DATASETS() external view returns (IDatasetRegistry);

    /// @notice Whose batches count.
    function LEDGER() external view returns (IUsageLedger);
}
