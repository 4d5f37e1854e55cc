// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICatalogues} from "./ICatalogues.sol";
import {IClearances} from "./IClearances.sol";
import {IOffers} from "./IOffers.sol";
import {IPayments} from "./IPayments.sol";
import {ISigners} from "./ISigners.sol";
import {ITermsBook, Meter} from "./ITermsBook.sol";

/// @notice Whether a licence lets an account do something, and if not, the first reason why not.
/// `Exhausted` is answered by the usage ledger only, which knows the quota.
enum Status {
    Valid,
    Unknown,
    NotHolder,
    Expired,
    NotCovered,
    RightNotGranted,
    Exhausted
}

/// @notice A licence.
/// @param dataset What it was bought for.
/// @param expiresAt Unix seconds, exclusive; 2^32-1 means perpetual.
/// @param revoked It cannot be renewed.
/// @param locked A clearance rests on it, so it cannot be transferred.
struct License {
    address holder;
    uint32 dataset;
    uint32 expiresAt;
    bytes32 termsId;
    bool revoked;
    bool locked;
}

/// @notice One purchase.
/// @param maxPrice The most the buyer pays, in the smallest unit of the terms' token; zero means zero.
/// @param to Who will hold the licence.
/// @param ref The buyer's own reference, for the event.
struct Acquisition {
    uint32 dataset;
    bytes32 termsId;
    uint256 maxPrice;
    address to;
    bytes32 ref;
}

/// @notice What the usage ledger asks about a licence and a dataset.
/// @param covered Whether the licence covered the dataset at the time asked about.
struct UsageTerms {
    address holder;
    bool covered;
    address token;
    Meter meter;
    uint128 unitPrice;
    uint48 maxUnits;
}

/// @title Who may use it
/// @notice Owners stand by offers, buyers hold licences as tokens, the price goes straight to the dataset's account.
/// A sold licence keeps its terms for ever; only revocable terms let the dataset's owner end it, after the notice.
/// @dev Assumptions:
/// - Layers below: the splitter and the dataset registry are those named at deployment, which nobody changes, and the registry
/// is the controller of its datasets' accounts there.
/// - Holders: a contract that a licence is bought for is not asked whether it can hold one.
/// - Readers: an answer holds for the block in which it is given. A licence may end, be revoked or change hands in the next.
/// - Chain: Unix time is below 2^32-1, as it is until 2106; there are fewer datasets, and sets of terms, than 2^32.
/// - Solady: `ERC721` calls `_beforeTokenTransfer` before every transfer, which refuses what is locked, and keeps the 96 bits
/// beside the holder.
interface ILicenseRegistry is ISigners, IOffers, ICatalogues, IClearances, ITermsBook, IPayments {
    /// @notice A licence was bought: `price` in the terms' token went to the dataset's account. `licensee` is whom the
    /// offer was made to, zero for anyone: one less is left of it.
    event LicenseAcquired(
        uint256 indexed licenseId,
        uint32 indexed dataset,
        address indexed to,
        bytes32 termsId,
        address payer,
        uint256 price,
        uint32 expiresAt,
        address licensee,
        bytes32 ref
    );

    /// @notice A licence lasts until `expiresAt` now. `licensee` is whom the offer was made to, zero for anyone.
    event LicenseRenewed(uint256 indexed licenseId, address payer, uint256 price, uint32 expiresAt, address licensee);

    /// @notice The dataset's owner ended the licence at `expiresAt`.
    event LicenseRevoked(uint256 indexed licenseId, uint32 expiresAt);

    /// @notice ERC-4906: the licence's document changed.
    event MetadataUpdate(uint256 id);

    /// @notice ERC-5192: the licence cannot be transferred from now on. One without this event can.
    event Locked(uint256 tokenId);

    /// @notice Only the dataset's owner may do this.
    error License_NotOwner(uint32 dataset, address caller, address owner);

    /// @notice No licence has this id.
    error License_Unknown(uint256 licenseId);

    /// @notice A perpetual licence needs no renewal.
    error License_Perpetual(uint256 licenseId);

    /// @notice The licence was revoked.
    error License_Revoked(uint256 licenseId);

    /// @notice The licence's terms do not let anyone revoke it.
    error License_Irrevocable(uint256 licenseId);

    /// @notice The licence's terms, or a clearance that rests on it, keep it where it is.
    error License_NotTransferable(uint256 licenseId);

    /// @notice Buys a licence for `to`: at `to`'s own offer, if `to` or its signer with the scope pay buys, else at anyone's.
    /// ETH exact; a token from the caller's allowance.
    function acquire(uint32 dataset, bytes32 termsId, uint256 maxPrice, address to, bytes32 ref)
        external
        payable
        returns (uint256 licenseId);

    /// @notice Buys several licences, or none. ETH sent along is the sum of all prices in ETH.
    function acquireMany(Acquisition[] calldata acquisitions) external payable returns (uint256[] memory licenseIds);

    /// @notice Extends a licence by the terms' duration, from now or from its expiry, whichever is later, at an offer as
    /// `acquire` finds it for the holder. Anyone may pay. Units used stay used.
    function renew(uint256 licenseId, uint256 maxPrice) external payable returns (uint32 expiresAt);

    /// @notice Ends a licence under revocable terms once the notice has passed. The dataset's present owner only.
    /// Warning: terms with the flag Revocable let any later owner of the dataset do this.
    function revoke(uint256 licenseId) external returns (uint32 expiresAt);

    /// @notice A licence by id. Reverts for an unknown id.
    function licenseOf(uint256 licenseId) external view returns (License memory);

    /// @notice What the usage ledger asks: the holder now, the terms, and coverage of `dataset` at `time`.
    /// The holder is zero for an unknown id.
    function usageTermsOf(uint256 licenseId, uint32 dataset, uint256 time) external view returns (UsageTerms memory);

    /// @notice Whether the licence, alive at `time` (Unix seconds), is of the dataset, or of a catalogue whose member, under
    /// the licence's terms, the dataset was at `time`.
    function covers(uint256 licenseId, uint32 dataset, uint256 time) external view returns (bool);

    /// @notice Whether `account` may do all of `rights` with `dataset` under the licence now, or the first reason why not.
    /// @param account The holder, or a signer of the holder's with the scope access.
    function statusOf(uint256 licenseId, address account, uint32 dataset, uint16 rights) external view returns (Status);

    /// @notice Whether `statusOf` is Valid.
    function isAuthorized(uint256 licenseId, address account, uint32 dataset, uint16 rights)
        external
        view
        returns (bool);

    /// @notice How many licences there are; the newest has this id.
    function licenseCount() external view returns (uint256);

    /// @notice The same, under the name that explorers look for: no licence is ever burnt.
    function totalSupply() external view returns (uint256);

    /// @notice ERC-5192: whether the licence cannot be transferred. Reverts for an unknown id.
    function locked(uint256 tokenId) external view returns (bool);

    /// @notice ERC-7572: what this collection is.
    function contractURI() external view returns (string memory);
}
