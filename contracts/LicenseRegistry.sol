// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";

import {Payments} from "./base/Payments.sol";
import {Token} from "./base/Token.sol";
import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {Acquisition, ILicenseRegistry, License, Status, UsageTerms} from "./interfaces/ILicenseRegistry.sol";
import {IRoyaltySplitter} from "./interfaces/IRoyaltySplitter.sol";
import {StoredTerms} from "./interfaces/ITermsBook.sol";
import {DatasetData} from "./libraries/DatasetData.sol";
import {Rights} from "./libraries/Rights.sol";
import {Scopes} from "./libraries/Scopes.sol";
import {Clearances} from "./licensing/Clearances.sol";
import {LicenseDocument} from "./licensing/LicenseDocument.sol";
import {Offers} from "./licensing/Offers.sol";
import {Signers} from "./licensing/Signers.sol";

/// @title LicenseRegistry
/// @notice Holds licences, and with its parts terms, offers, signers, clearances and catalogues.
/// A dataset's owner makes offers and revokes what was sold as revocable; a holder transfers what may be transferred.
/// It never holds money, and never changes the terms of a sold licence.
contract LicenseRegistry is ILicenseRegistry, Token, Payments, Signers, Offers {
    /// @dev What does not fit beside the holder, written only when needed.
    struct Marks {
        bool revoked;
        bool locked;
    }

    /// @dev Writes token documents.
    LicenseDocument internal immutable DOCUMENT = new LicenseDocument();

    /// @inheritdoc ILicenseRegistry
    uint256 public licenseCount;

    mapping(uint256 licenseId => Marks) internal _marks;

    constructor(IRoyaltySplitter splitter, IDatasetRegistry datasets) Payments(splitter) Clearances(datasets) {}

    /* LICENCES */

    /// @inheritdoc ILicenseRegistry
    function acquire(uint32 dataset, bytes32 termsId, uint256 maxPrice, address to, bytes32 ref)
        external
        payable
        returns (uint256 licenseId)
    {
        address token;
        uint256 price;
        (licenseId, token, price) = _sell(dataset, termsId, maxPrice, to, ref);
        _checkValue(token == address(0) ? price : 0);

        _payAccount(_accountOf(dataset), token, price, _sender());
    }

    /// @inheritdoc ILicenseRegistry
    function acquireMany(Acquisition[] calldata acquisitions) external payable returns (uint256[] memory licenseIds) {
        licenseIds = new uint256[](acquisitions.length);
        address[] memory tokens = new address[](acquisitions.length);
        uint256[] memory prices = new uint256[](acquisitions.length);
        uint256 due;
        for (uint256 i; i < acquisitions.length; ++i) {
            Acquisition calldata each = acquisitions[i];
            (licenseIds[i], tokens[i], prices[i]) = _sell(each.dataset, each.termsId, each.maxPrice, each.to, each.ref);
            if (tokens[i] == address(0)) due += prices[i];
        }
        _checkValue(due);

        for (uint256 i; i < acquisitions.length; ++i) {
            _payAccount(_accountOf(acquisitions[i].dataset), tokens[i], prices[i], _sender());
        }
    }

    /// @inheritdoc ILicenseRegistry
    function renew(uint256 licenseId, uint256 maxPrice) external payable returns (uint32 expiresAt) {
        License memory license = licenseOf(licenseId);
        require(!license.revoked, License_Revoked(licenseId));
        require(license.expiresAt != PERPETUAL, License_Perpetual(licenseId));
        StoredTerms storage terms = _terms[license.termsId];
        uint256 start = license.expiresAt > block.timestamp ? license.expiresAt : block.timestamp;
        uint256 price;
        address licensee;
        (price, expiresAt, licensee) = _take(license.dataset, license.termsId, terms, license.holder, maxPrice, start);
        _checkValue(terms.token == address(0) ? price : 0);

        _setLicense(licenseId, license.dataset, terms.index, expiresAt);

        emit LicenseRenewed(licenseId, _sender(), price, expiresAt, licensee);
        emit MetadataUpdate(licenseId);

        _payAccount(_accountOf(license.dataset), terms.token, price, _sender());
    }

    /// @inheritdoc ILicenseRegistry
    function revoke(uint256 licenseId) external returns (uint32 expiresAt) {
        License memory license = licenseOf(licenseId);
        _checkOwner(license.dataset);
        StoredTerms storage terms = _terms[license.termsId];
        require(terms.flags & REVOCABLE != 0, License_Irrevocable(licenseId));
        require(!license.revoked, License_Revoked(licenseId));

        uint256 end = block.timestamp + terms.notice;
        // Below a uint32, or it is not taken.
        expiresAt = end < license.expiresAt ? uint32(end) : license.expiresAt;
        _marks[licenseId].revoked = true;
        _setLicense(licenseId, license.dataset, terms.index, expiresAt);

        emit LicenseRevoked(licenseId, expiresAt);
        emit MetadataUpdate(licenseId);
    }

    /* INTERNALS */

    /// @dev Issues a licence. The caller checks what was sent along, once for the whole transaction, and pays.
    function _sell(uint32 dataset, bytes32 termsId, uint256 maxPrice, address to, bytes32 ref)
        internal
        returns (uint256 licenseId, address token, uint256 price)
    {
        StoredTerms storage terms = _knownTerms(termsId);
        token = terms.token;
        uint32 expiresAt;
        address licensee;
        (price, expiresAt, licensee) = _take(dataset, termsId, terms, to, maxPrice, block.timestamp);

        // Licences are paid for in gas: a word of them is out of reach.
        unchecked {
            licenseId = ++licenseCount;
        }
        _mintAndSetExtraDataUnchecked(to, licenseId, _pack(dataset, terms.index, expiresAt));

        emit LicenseAcquired(licenseId, dataset, to, termsId, _sender(), price, expiresAt, licensee, ref);
        if (terms.flags & TRANSFERABLE == 0) emit Locked(licenseId);
    }

    function _beforeTokenTransfer(address from, address to, uint256 id) internal override {
        super._beforeTokenTransfer(from, to, id);
        if (from != address(0) && _exists(id)) require(!locked(id), License_NotTransferable(id));
    }

    /// @inheritdoc Clearances
    function _lock(uint256 licenseId) internal override {
        if (_marks[licenseId].locked) return;
        bool wasLocked = locked(licenseId);
        _marks[licenseId].locked = true;
        if (!wasLocked) emit Locked(licenseId);
        emit MetadataUpdate(licenseId);
    }

    /// @inheritdoc Offers
    function _paysFor(address account) internal view override returns (bool) {
        return isSigner(account, _sender(), Scopes.PAY);
    }

    /// @inheritdoc Clearances
    function _checkOwner(uint32 dataset) internal view override returns (address owner, DatasetData data) {
        (owner, data) = DATASETS.stateOf(dataset);
        address caller = _sender();
        require(caller == owner, License_NotOwner(dataset, caller, owner));
    }

    /// @inheritdoc Clearances
    function _coverage(uint256 licenseId, uint32 dataset, uint256 time)
        internal
        view
        override
        returns (address holder, StoredTerms storage terms, uint32 until, uint32 memberUntil)
    {
        uint32 licensed;
        bytes32 termsId;
        (holder, licensed, termsId, until) = _unpacked(licenseId);
        terms = _terms[termsId];
        if (time >= until) return (holder, terms, 0, 0);

        memberUntil = licensed == dataset ? PERPETUAL : _membershipUntil(licensed, termsId, dataset, time);
        if (memberUntil < until) until = memberUntil;
    }

    /// @inheritdoc Clearances
    function _isRevoked(uint256 licenseId) internal view override returns (bool) {
        return _marks[licenseId].revoked;
    }

    /// @dev Zeros for an unknown id.
    function _unpacked(uint256 licenseId)
        internal
        view
        returns (address holder, uint32 dataset, bytes32 termsId, uint32 expiresAt)
    {
        uint96 data = _getExtraData(licenseId);
        return (_ownerOf(licenseId), uint32(data), _termsIds[uint32(data >> 32)], uint32(data >> 64));
    }

    /// @dev The 96 bits beside the holder, from the lowest: dataset 32, terms 32, expiresAt 32.
    function _pack(uint32 dataset, uint32 termsIndex, uint32 expiresAt) internal pure returns (uint96) {
        return uint96(dataset) | uint96(termsIndex) << 32 | uint96(expiresAt) << 64;
    }

    function _setLicense(uint256 licenseId, uint32 dataset, uint32 termsIndex, uint32 expiresAt) internal {
        _setExtraData(licenseId, _pack(dataset, termsIndex, expiresAt));
    }

    /// @dev As the dataset registry has it, without asking.
    function _accountOf(uint32 dataset) internal view returns (bytes32) {
        return EfficientHashLib.hash(uint160(address(DATASETS)), dataset);
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("LicenseRegistry", "1");
    }

    /* VIEWS */

    /// @inheritdoc ILicenseRegistry
    function licenseOf(uint256 licenseId) public view returns (License memory license) {
        (license.holder, license.dataset, license.termsId, license.expiresAt) = _unpacked(licenseId);
        require(license.holder != address(0), License_Unknown(licenseId));
        (license.revoked, license.locked) = (_marks[licenseId].revoked, _marks[licenseId].locked);
    }

    /// @inheritdoc ILicenseRegistry
    function usageTermsOf(uint256 licenseId, uint32 dataset, uint256 time) external view returns (UsageTerms memory) {
        (address holder, StoredTerms storage terms, uint32 until,) = _coverage(licenseId, dataset, time);
        return UsageTerms(holder, until != 0, terms.token, terms.meter, terms.unitPrice, terms.maxUnits);
    }

    /// @inheritdoc ILicenseRegistry
    function covers(uint256 licenseId, uint32 dataset, uint256 time) external view returns (bool) {
        (,, uint32 until,) = _coverage(licenseId, dataset, time);
        return until != 0;
    }

    /// @inheritdoc ILicenseRegistry
    function statusOf(uint256 licenseId, address account, uint32 dataset, uint16 rights) public view returns (Status) {
        (address holder,,, uint32 expiresAt) = _unpacked(licenseId);
        if (holder == address(0)) return Status.Unknown;
        if (!isSigner(holder, account, Scopes.ACCESS)) return Status.NotHolder;
        if (block.timestamp >= expiresAt) return Status.Expired;
        (, StoredTerms storage terms, uint32 until,) = _coverage(licenseId, dataset, block.timestamp);
        if (until == 0) return Status.NotCovered;
        if (!Rights.includes(terms.rights, rights)) return Status.RightNotGranted;
        return Status.Valid;
    }

    /// @inheritdoc ILicenseRegistry
    function isAuthorized(uint256 licenseId, address account, uint32 dataset, uint16 rights)
        external
        view
        returns (bool)
    {
        return statusOf(licenseId, account, dataset, rights) == Status.Valid;
    }

    /// @inheritdoc ILicenseRegistry
    function totalSupply() external view returns (uint256) {
        return licenseCount;
    }

    /// @inheritdoc ILicenseRegistry
    function locked(uint256 tokenId) public view returns (bool) {
        License memory license = licenseOf(tokenId);
        return license.locked || _terms[license.termsId].flags & TRANSFERABLE == 0;
    }

    /// @notice ERC-721: the licence's terms and term, as a document.
    function tokenURI(uint256 id) public view override returns (string memory) {
        License memory license = licenseOf(id);
        // As ERC-5192 has it, so that the two never differ.
        license.locked = locked(id);
        return DOCUMENT.uri(id, license, _terms[license.termsId]);
    }

    /// @inheritdoc ILicenseRegistry
    function contractURI() external pure returns (string memory) {
        return "data:application/json;utf8,{\"name\":\"Audiera Licences\",\"description\":\"Licences of music datasets for AI: what may be done, until when, and what each use costs.\"}";
    }

    /// @notice ERC-721: the collection's name.
    function name() public pure override returns (string memory) {
        return "Audiera Licence";
    }

    /// @notice ERC-721: the collection's symbol.
    function symbol() public pure override returns (string memory) {
        return "ALIC";
    }

    /// @notice ERC-165: with ERC-721, ERC-4906 and ERC-5192.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == 0xb45a3c0e || interfaceId == 0x49064906 || super.supportsInterface(interfaceId);
    }
}
