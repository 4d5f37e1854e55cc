// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {MerkleProofLib} from "solady/utils/MerkleProofLib.sol";

import {Token} from "./base/Token.sol";
import {Content, Dataset, IDatasetRegistry, Item, Kind, Parent, Registration} from "./interfaces/IDatasetRegistry.sol";
import {IRoyaltySplitter, Share} from "./interfaces/IRoyaltySplitter.sol";
import {Cid} from "./libraries/Cid.sol";
import {DatasetData, DatasetDataLib} from "./libraries/DatasetData.sol";
import {ShareList} from "./libraries/ShareList.sol";

/// @title DatasetRegistry
/// @notice Holds every dataset's owner, content by version, and lineage, and controls its account at the splitter.
/// The owner publishes versions; a payee moves its own share; content, creator, time and lineage never change.
/// It never gives the owner power over shares, and never alters what was registered.
contract DatasetRegistry is IDatasetRegistry, Token {
    bytes32 internal constant ITEM_TYPEHASH =
        keccak256("Item(bytes32 sha256,uint64 size,uint32 durationMs,bytes32 metadata)");

    uint256 internal constant MAX_PARENTS = 255;

    /// @dev Parts per million that parents may receive together.
    uint256 internal constant MAX_PARENT_SHARES = 900_000;

    /// @dev ERC-2981: one part in so many of a resale, 5 %.
    uint256 internal constant RESALE_PART = 20;

    struct Version {
        bytes32 contentRoot;
        bytes32 manifest;
    }

    /// @inheritdoc IDatasetRegistry
    IRoyaltySplitter public immutable SPLITTER;

    /// @inheritdoc IDatasetRegistry
    uint256 public datasetCount;

    mapping(uint256 id => mapping(uint256 version => Version)) internal _versions;
    mapping(uint256 id => bytes32 hash) internal _lineages;
    /// @dev Written when the epoch first moves; until then the owner is the creator.
    mapping(uint256 id => address creator) internal _creators;

    constructor(IRoyaltySplitter splitter) {
        SPLITTER = splitter;
    }

    /* REGISTRATION */

    /// @inheritdoc IDatasetRegistry
    function register(Registration calldata registration) external returns (uint256 id) {
        (Content calldata content, Parent[] calldata parents) = (registration.content, registration.parents);
        _checkContent(content);
        require(content.kind != Kind.Catalogue || parents.length == 0, Registry_CatalogueHasParents(parents.length));
        // Datasets are paid for in gas: a word of them is out of reach, here and below.
        unchecked {
            id = datasetCount + 1;
        }
        if (_paysAccounts(registration.shares)) _checkOwnAccount(registration.shares, id);
        if (parents.length != 0) {
            _checkParents(parents, registration.shares, id);
            _lineages[id] = keccak256(abi.encode(parents));
        }

        datasetCount = id;
        _register(id, _sender(), content, parents.length == 0 ? 0 : DatasetDataLib.DERIVED);
        if (parents.length != 0) emit LineageDeclared(id, parents);

        SPLITTER.assign(bytes32(id), SPLITTER.createSplit(registration.shares));
    }

    /// @inheritdoc IDatasetRegistry
    function registerMany(Content[] calldata contents, Share[] calldata shares) external returns (uint256 firstId) {
        require(contents.length != 0, Registry_NothingToRegister());
        firstId = datasetCount + 1;

        datasetCount += contents.length;
        bytes32[] memory keys = EfficientHashLib.malloc(contents.length);
        (bool paysAccounts, address creator) = (_paysAccounts(shares), _sender());
        for (uint256 i; i < contents.length; ++i) {
            Content calldata content = contents[i];
            uint256 id;
            unchecked {
                id = firstId + i;
            }
            _checkContent(content);
            if (paysAccounts) _checkOwnAccount(shares, id);
            _register(id, creator, content, 0);
            EfficientHashLib.set(keys, i, bytes32(id));
        }

        SPLITTER.assignMany(keys, SPLITTER.createSplit(shares));
    }

    /// @inheritdoc IDatasetRegistry
    function publishVersion(
        uint256 id,
        uint16 version,
        uint32 itemCount,
        bytes32 contentRoot,
        bytes32 manifest,
        uint8 flags
    ) external {
        (, DatasetData data) = _checkOwner(id);
        _checkFlags(flags);
        _checkItems(data.kind(), itemCount, contentRoot, manifest);
        data = data.withNextVersion(flags);
        require(version == data.version(), Registry_WrongVersion(id, data.version(), version));

        _setExtraData(id, DatasetData.unwrap(data));
        _versions[id][version] = Version(contentRoot, manifest);

        emit VersionPublished(id, version, itemCount, contentRoot, manifest, flags);
        emit MetadataUpdate(id);
    }

    /// @inheritdoc IDatasetRegistry
    function withdrawItems(uint256 id, bytes32[] calldata items) external {
        _checkOwner(id);

        emit ItemsWithdrawn(id, items);
    }

    /* SHARES */

    /// @inheritdoc IDatasetRegistry
    function moveShare(uint256 id, Share[] calldata shares, bytes32 to) external returns (bytes32 splitId) {
        bytes32 payee = bytes32(uint256(uint160(_sender())));
        bytes32 account = accountOf(id);
        require(to != 0 && to != payee && to != account, Registry_InvalidPayee(id, to));
        bytes32 current = SPLITTER.splitOf(account);
        bytes32 given = SPLITTER.createSplit(shares);
        require(given == current, Registry_WrongShares(id, current, given));
        (Share[] memory moved, uint32 ppm) = ShareList.moved(shares, payee, to);
        require(ppm != 0, Registry_NotPayee(id, payee));

        splitId = SPLITTER.createSplit(moved);
        SPLITTER.assign(bytes32(id), splitId);

        emit ShareMoved(id, payee, to, ppm, splitId);
    }

    /* OWNERSHIP */

    /// @inheritdoc IDatasetRegistry
    function withdrawAll(uint256 id) external {
        (address owner, DatasetData data) = _checkOwner(id);

        _startEpoch(id, owner, data);
    }

    /// @inheritdoc IDatasetRegistry
    function setGateways(uint256 id, address[] calldata gateways) external {
        _checkOwner(id);

        emit GatewaysSet(id, gateways);
    }

    /// @dev Whatever the next owner offers, the last one's offers are gone.
    function _beforeTokenTransfer(address from, address to, uint256 id) internal override {
        super._beforeTokenTransfer(from, to, id);
        if (from == address(0)) return;
        (address owner, DatasetData data) = stateOf(id);
        _startEpoch(id, owner, data);
    }

    /* INTERNALS */

    function _register(uint256 id, address creator, Content calldata content, uint8 derived) internal {
        DatasetData data = DatasetDataLib.create(content.kind, content.flags | derived);

        _mintAndSetExtraDataUnchecked(creator, id, DatasetData.unwrap(data));
        Version storage first = _versions[id][1];
        (first.contentRoot, first.manifest) = (content.contentRoot, content.manifest);

        emit DatasetRegistered(id, creator, content);
    }

    function _startEpoch(uint256 id, address owner, DatasetData data) internal {
        if (data.epoch() == 0) _creators[id] = owner;
        data = data.withNextEpoch();
        _setExtraData(id, DatasetData.unwrap(data));

        emit EpochStarted(id, data.epoch());
    }

    function _checkOwner(uint256 id) internal view returns (address owner, DatasetData data) {
        (owner, data) = stateOf(id);
        address caller = _sender();
        require(caller == owner, Registry_NotOwner(id, caller, owner));
    }

    function _checkContent(Content calldata content) internal pure {
        _checkFlags(content.flags);
        _checkItems(content.kind, content.itemCount, content.contentRoot, content.manifest);
    }

    /// @dev What an owner may say of content; that it is derived is for the lineage to say.
    function _checkFlags(uint8 flags) internal pure {
        require(flags & ~DatasetDataLib.SYNTHETIC == 0, Registry_UnknownFlags(flags));
    }

    /// @dev Whether any payee is an account. Payees ascend, so that one would be the last.
    function _paysAccounts(Share[] calldata shares) internal pure returns (bool) {
        return shares.length != 0 && uint256(shares[shares.length - 1].payee) > type(uint160).max;
    }

    /// @dev A dataset that pays itself would owe for ever.
    function _checkOwnAccount(Share[] calldata shares, uint256 id) internal view {
        bytes32 account = accountOf(id);
        require(ShareList.ppmOf(shares, account) == 0, Registry_InvalidPayee(id, account));
    }

    function _checkItems(Kind kind, uint32 itemCount, bytes32 contentRoot, bytes32 manifest) internal pure {
        require(manifest != 0, Registry_NoManifest());
        bool isEmpty = kind == Kind.Catalogue;
        require(
            (itemCount == 0) == isEmpty && (contentRoot == 0) == isEmpty,
            Registry_ContentMismatch(kind, itemCount, contentRoot)
        );
    }

    function _checkParents(Parent[] calldata parents, Share[] calldata shares, uint256 child) internal view {
        require(parents.length <= MAX_PARENTS, Registry_TooManyParents(parents.length));

        uint256 previous;
        uint256 sum;
        for (uint256 i; i < parents.length; ++i) {
            (uint32 parent, uint32 ppm) = (parents[i].dataset, parents[i].ppm);
            require(parent > previous, Registry_ParentOrder(i, parent));
            require(parent < child, Registry_UnknownParent(parent));
            require(
                DatasetData.wrap(_getExtraData(parent)).kind() != Kind.Catalogue, Registry_CatalogueAsParent(parent)
            );
            uint32 found = ShareList.ppmOf(shares, accountOf(parent));
            require(found == ppm, Registry_ParentShare(parent, ppm, found));
            previous = parent;
            sum += ppm;
        }
        require(sum <= MAX_PARENT_SHARES, Registry_ParentShareSum(sum));
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("DatasetRegistry", "1");
    }

    /* VIEWS */

    /// @inheritdoc IDatasetRegistry
    function verifyItem(uint256 id, uint16 version, Item calldata item, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        bytes32 root = _versions[id][version].contentRoot;
        bytes32 leaf = keccak256(abi.encode(ITEM_TYPEHASH, item.sha256, item.size, item.durationMs, item.metadata));
        return root != 0 && MerkleProofLib.verifyCalldata(proof, root, leaf);
    }

    /// @inheritdoc IDatasetRegistry
    function datasetOf(uint256 id) external view returns (Dataset memory) {
        (address owner, DatasetData data) = stateOf(id);
        return Dataset(owner, data.registeredAt(), data.version(), data.kind(), data.flags(), data.epoch());
    }

    /// @inheritdoc IDatasetRegistry
    function stateOf(uint256 id) public view returns (address owner, DatasetData data) {
        owner = _ownerOf(id);
        require(owner != address(0), Registry_UnknownDataset(id));
        data = DatasetData.wrap(_getExtraData(id));
    }

    /// @inheritdoc IDatasetRegistry
    function contentOf(uint256 id, uint16 version) external view returns (bytes32, bytes32) {
        Version storage content = _versions[id][version];
        return (content.contentRoot, content.manifest);
    }

    /// @inheritdoc IDatasetRegistry
    function creatorOf(uint256 id) external view returns (address) {
        (address owner, DatasetData data) = stateOf(id);
        return data.epoch() == 0 ? owner : _creators[id];
    }

    /// @inheritdoc IDatasetRegistry
    function lineageOf(uint256 id) external view returns (bytes32) {
        return _lineages[id];
    }

    /// @inheritdoc IDatasetRegistry
    function totalSupply() external view returns (uint256) {
        return datasetCount;
    }

    /// @inheritdoc IDatasetRegistry
    function accountOf(uint256 id) public view returns (bytes32) {
        return EfficientHashLib.hash(uint160(address(this)), id);
    }

    /// @inheritdoc IDatasetRegistry
    function royaltyInfo(uint256 id, uint256 salePrice) external view returns (address receiver, uint256 amount) {
        return (SPLITTER.addressOf(accountOf(id)), salePrice / RESALE_PART);
    }

    /// @notice ERC-721: the manifest of the newest version, on IPFS.
    function tokenURI(uint256 id) public view override returns (string memory) {
        (, DatasetData data) = stateOf(id);
        return Cid.uri(_versions[id][data.version()].manifest);
    }

    /// @inheritdoc IDatasetRegistry
    function contractURI() external pure returns (string memory) {
        return "data:application/json;utf8,{\"name\":\"Audiera Datasets\",\"description\":\"Music datasets registered for licensing to AI: provenance, lineage and who is paid.\"}";
    }

    /// @notice ERC-721: the collection's name.
    function name() public pure override returns (string memory) {
        return "Audiera Dataset";
    }

    /// @notice ERC-721: the collection's symbol.
    function symbol() public pure override returns (string memory) {
        return "ADATA";
    }

    /// @notice ERC-165: with ERC-721, ERC-2981 and ERC-4906.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == 0x2a55205a || interfaceId == 0x49064906 || super.supportsInterface(interfaceId);
    }
}
