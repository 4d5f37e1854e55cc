// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITermsBook, StoredTerms, Terms} from "../interfaces/ITermsBook.sol";
import {Rights} from "../libraries/Rights.sol";

/// @title Terms, by content
/// @notice Holds every published set of conditions. Nobody may change one, and anyone may publish or reuse one.
abstract contract TermsBook is ITermsBook {
    bytes32 internal constant TERMS_TYPEHASH = keccak256(
        "Terms(uint16 rights,uint8 meter,uint128 unitPrice,address token,uint32 duration,uint32 notice,uint48 maxUnits,uint32 derivativePpm,uint8 flags,bytes32 text)"
    );

    /// @dev Bits of `Terms.flags`.
    uint8 internal constant TRANSFERABLE = 1;
    uint8 internal constant REVOCABLE = 2;
    uint8 internal constant DERIVATIVES_SURVIVE = 4;

    /// @dev What parents may receive together, as the dataset registry has it.
    uint256 internal constant MAX_DERIVATIVE_PPM = 900_000;

    /// @dev An expiry that never comes.
    uint32 internal constant PERPETUAL = type(uint32).max;

    mapping(bytes32 termsId => StoredTerms) internal _terms;
    mapping(uint256 index => bytes32 termsId) internal _termsIds;
    uint32 internal _termsCount;

    /// @inheritdoc ITermsBook
    function publishTerms(Terms calldata terms) external returns (bytes32 termsId) {
        require(terms.rights != 0 && Rights.includes(Rights.ALL, terms.rights), Terms_InvalidRights(terms.rights));
        require(terms.flags <= (TRANSFERABLE | REVOCABLE | DERIVATIVES_SURVIVE), Terms_UnknownFlags(terms.flags));
        require(terms.maxUnits == 0 || terms.flags & TRANSFERABLE == 0, Terms_TransferableQuota(terms.maxUnits));
        require(terms.derivativePpm <= MAX_DERIVATIVE_PPM, Terms_DerivativeShare(terms.derivativePpm));
        termsId = keccak256(abi.encode(TERMS_TYPEHASH, terms));
        if (_terms[termsId].index != 0) return termsId;

        uint32 index = ++_termsCount;
        _termsIds[index] = termsId;
        _terms[termsId] = StoredTerms({
            token: terms.token,
            index: index,
            duration: terms.duration,
            rights: terms.rights,
            meter: terms.meter,
            flags: terms.flags,
            unitPrice: terms.unitPrice,
            maxUnits: terms.maxUnits,
            notice: terms.notice,
            derivativePpm: terms.derivativePpm
        });

        emit TermsPublished(termsId, index, terms);
    }

    /// @inheritdoc ITermsBook
    function termsOf(bytes32 termsId) external view returns (StoredTerms memory) {
        return _terms[termsId];
    }

    /// @inheritdoc ITermsBook
    function termsIdAt(uint32 index) external view returns (bytes32) {
        return _termsIds[index];
    }

    function _knownTerms(bytes32 termsId) internal view returns (StoredTerms storage terms) {
        terms = _terms[termsId];
        require(terms.index != 0, Terms_Unknown(termsId));
    }

    /// @dev The end of a licence of `duration` that starts at `start`, a time or an expiry; above PERPETUAL where it would
    /// not fit.
    function _expiry(uint256 start, uint32 duration) internal pure returns (uint256) {
        // Times and expiries stay far below a word.
        unchecked {
            return duration == 0 ? PERPETUAL : start + duration;
        }
    }
}
