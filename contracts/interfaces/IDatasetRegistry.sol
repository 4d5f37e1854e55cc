// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DatasetData} from "../libraries/DatasetData.sol";
import {IRelayable} from "./IRelayable.sol";
import {IRoyaltySplitter, Share} from "./IRoyaltySplitter.sol";

/// @notice What a dataset holds. A Catalogue holds nothing itself: other datasets join it.
enum Kind {
    Recordings,
    Samples,
    Stems,
    Scores,
    Lyrics,
    Features,
    Model,
    Catalogue
}

/// @notice What one dataset is made of.
/// @param kind What it holds.
/// @param flags Bit 1 Synthetic: made wholly or mainly by a generative model. Other bits are zero.
/// @param itemCount How many items; zero for a catalogue only.
/// @param contentRoot Merkle root over the items; zero for a catalogue only.
/// @param manifest sha-256 of the manifest document.
struct Content {
    Kind kind;
    uint8 flags;
    uint32 itemCount;
    bytes32 contentRoot;
    bytes32 manifest;
}

/// @notice A dataset that another was made from, and the part of the other's income that it receives.
struct Parent {
    uint32 dataset;
    uint32 ppm;
}

/// @notice Everything that registers one dataset.
/// @param shares Its split: the parents' accounts with exactly their ppm, and whoever else is paid.
/// @param parents Ascending by dataset, at most 255, together at most 900,000 ppm.
struct Registration {
    Content content;
    Share[] shares;
    Parent[] parents;
}

/// @notice One file of a dataset, as its Merkle leaf commits to it.
/// @param sha256 Of the file's bytes.
/// @param size In bytes.
/// @param durationMs In milliseconds; zero for what does not play.
/// @param metadata keccak-256 of the RFC 8785 form of the item's metadata row.
struct Item {
    bytes32 sha256;
    uint64 size;
    uint32 durationMs;
    bytes32 metadata;
}

/// @notice The state of a dataset's token.
/// @param registeredAt Unix seconds.
/// @param version The newest version; the first is 1.
/// @param flags Bit 0 Derived: it has parents. Bit 1 Synthetic, as declared of the newest version.
/// @param epoch How many times offers have lapsed: transfers and `withdrawAll`.
struct Dataset {
    address owner;
    uint32 registeredAt;
    uint16 version;
    Kind kind;
    uint8 flags;
    uint32 epoch;
}

/// @title Who published what
/// @notice An ERC-721 of datasets. Content, creator, time and lineage never change; the owner publishes versions and
/// holds no power over anybody's share. Ids count up from 1.
/// @dev Assumptions:
/// - Creators: that a work is theirs, and that its parents are all declared, is their word. The chain shows who gave it, and
/// when.
/// - Hashes: nobody finds two inputs of one SHA-256 or keccak-256.
/// - Splitter: a list of shares has one id, and only this registry assigns this registry's accounts.
/// - Chain: Unix time fits 32 bits, as it does until 2106. A dataset of 1,000 payees is registered within 2^24 gas.
/// - Solady: `ERC721` calls `_beforeTokenTransfer` before every transfer, which moves the epoch, and keeps the 96 bits
/// beside the owner.
interface IDatasetRegistry is IRelayable {
    /// @notice A dataset exists from now on, as version 1. The splitter's `AccountAssigned` in the same transaction names its split.
    event DatasetRegistered(uint256 indexed id, address indexed creator, Content content);

    /// @notice The dataset was made from these. Emitted with the registration, where there are parents.
    event LineageDeclared(uint256 indexed id, Parent[] parents);

    /// @notice A new version of the dataset; earlier ones stay provable. `flags` are as in `Content`.
    event VersionPublished(
        uint256 indexed id, uint16 indexed version, uint32 itemCount, bytes32 contentRoot, bytes32 manifest, uint8 flags
    );

    /// @notice The owner withdraws consent to these items, by their leaf hashes: for licences acquired from now on, and
    /// for revocable ones after their notice. What was sold as irrevocable stays. A later version with the item renews it.
    event ItemsWithdrawn(uint256 indexed id, bytes32[] items);

    /// @notice `payee` gave its share of the dataset's income to `to`; the dataset's account is assigned to `splitId` now.
    event ShareMoved(uint256 indexed id, bytes32 indexed payee, bytes32 indexed to, uint32 ppm, bytes32 splitId);

    /// @notice Every offer of the dataset made in an earlier epoch has lapsed.
    event EpochStarted(uint256 indexed id, uint32 epoch);

    /// @notice The owner names the gateways that serve the dataset's bytes. Replaces the earlier list.
    event GatewaysSet(uint256 indexed id, address[] gateways);

    /// @notice ERC-4906: the token's metadata changed.
    event MetadataUpdate(uint256 id);

    /// @notice No dataset has this id.
    error Registry_UnknownDataset(uint256 id);

    /// @notice Only `owner` may do this, not `caller`.
    error Registry_NotOwner(uint256 id, address caller, address owner);

    /// @notice A manifest digest is not zero.
    error Registry_NoManifest();

    /// @notice A catalogue has no items; anything else has items and a content root.
    error Registry_ContentMismatch(Kind kind, uint32 itemCount, bytes32 contentRoot);

    /// @notice The flags contain bits that cannot be declared.
    error Registry_UnknownFlags(uint8 flags);

    /// @notice A catalogue is not made from other datasets.
    error Registry_CatalogueHasParents(uint256 count);

    /// @notice At most 255 parents.
    error Registry_TooManyParents(uint256 count);

    /// @notice Parents are strictly ascending.
    error Registry_ParentOrder(uint256 index, uint32 dataset);

    /// @notice A parent is registered before its child.
    error Registry_UnknownParent(uint32 dataset);

    /// @notice A catalogue is nobody's parent: what its members never granted would be cleared through it.
    error Registry_CatalogueAsParent(uint32 dataset);

    /// @notice The dataset's next version is `next`, and `given` was to be published.
    error Registry_WrongVersion(uint256 id, uint16 next, uint16 given);

    /// @notice Parents receive at most 900,000 ppm together.
    error Registry_ParentShareSum(uint256 sum);

    /// @notice The split gives the parent's account `found` ppm, and the lineage says `expected` (zero: no line at all).
    error Registry_ParentShare(uint32 dataset, uint32 expected, uint32 found);

    /// @notice `registerMany` needs at least one dataset.
    error Registry_NothingToRegister();

    /// @notice `splitId` is the dataset's split, and the shares given are `given`.
    error Registry_WrongShares(uint256 id, bytes32 splitId, bytes32 given);

    /// @notice `payee` has no line of its own in the dataset's split.
    error Registry_NotPayee(uint256 id, bytes32 payee);

    /// @notice A share cannot be, or move to, the dataset's own account; nor can it move to nobody, or to where it is.
    error Registry_InvalidPayee(uint256 id, bytes32 to);

    /// @notice Registers a dataset under the caller's name.
    /// @return id The dataset's number, and its token's.
    function register(Registration calldata registration) external returns (uint256 id);

    /// @notice Registers several datasets without parents that share one split.
    /// @return firstId The first dataset's id; the others follow in order.
    function registerMany(Content[] calldata contents, Share[] calldata shares) external returns (uint256 firstId);

    /// @notice Publishes changed content of the same lineage, as exactly this version. Owner only.
    /// @param version The newest version's number plus one, so that signed calls cannot be carried out in another order.
    /// @param flags Bit 1 Synthetic, of this content; whether the dataset is derived never changes.
    function publishVersion(
        uint256 id,
        uint16 version,
        uint32 itemCount,
        bytes32 contentRoot,
        bytes32 manifest,
        uint8 flags
    ) external;

    /// @notice Withdraws consent to items, in an event. Owner only. Gateways and audits follow it exactly.
    /// @param items Leaf hashes.
    function withdrawItems(uint256 id, bytes32[] calldata items) external;

    /// @notice Moves the caller's whole share of a dataset to another payee, adding to it if `to` has one already.
    /// What was credited before stays the caller's. Nobody else's share changes.
    /// Warning: the owner cannot undo this, nor do it for a payee.
    /// @param shares The dataset's split as it is now.
    /// @param to An address or an account.
    /// @return splitId The dataset's split from now on.
    function moveShare(uint256 id, Share[] calldata shares, bytes32 to) external returns (bytes32 splitId);

    /// @notice Lapses every offer of the dataset at once. Owner only.
    function withdrawAll(uint256 id) external;

    /// @notice Says where the bytes are served, in an event. Owner only.
    function setGateways(uint256 id, address[] calldata gateways) external;

    /// @notice Whether `item` belongs to `version` of the dataset. False for anything unknown.
    function verifyItem(uint256 id, uint16 version, Item calldata item, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice The state of the dataset's token. Reverts for an unknown id.
    function datasetOf(uint256 id) external view returns (Dataset memory);

    /// @notice The dataset's owner, and the rest of its state packed as it is stored: what other contracts read.
    /// Reverts for an unknown id.
    function stateOf(uint256 id) external view returns (address owner, DatasetData data);

    /// @notice Content root and manifest digest of a version; zeros where there is none.
    function contentOf(uint256 id, uint16 version) external view returns (bytes32 contentRoot, bytes32 manifest);

    /// @notice Who registered the dataset. Reverts for an unknown id.
    function creatorOf(uint256 id) external view returns (address);

    /// @notice `keccak256(abi.encode(parents))`; zero for a dataset without parents.
    function lineageOf(uint256 id) external view returns (bytes32);

    /// @notice The dataset's account at the splitter: `keccak256(abi.encode(this registry, bytes32(id)))`.
    function accountOf(uint256 id) external view returns (bytes32);

    /// @notice How many datasets there are; the newest has this id.
    function datasetCount() external view returns (uint256);

    /// @notice The same, under the name that explorers look for: no dataset is ever burnt.
    function totalSupply() external view returns (uint256);

    /// @notice Where royalties are held.
    function SPLITTER() external view returns (IRoyaltySplitter);

    /// @notice ERC-2981: 5 % of a resale, to the dataset's payment address.
    function royaltyInfo(uint256 id, uint256 salePrice) external view returns (address receiver, uint256 amount);

    /// @notice ERC-7572: what this collection is.
    function contractURI() external view returns (string memory);
}
