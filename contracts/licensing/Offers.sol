// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";

import {IOffers} from "../interfaces/IOffers.sol";
import {StoredTerms} from "../interfaces/ITermsBook.sol";
import {DatasetData} from "../libraries/DatasetData.sol";
import {Catalogues} from "./Catalogues.sol";

/// @title Offers
/// @notice Holds the standing promises of licences, one slot each. Only the dataset's owner makes or withdraws one, and
/// all of them lapse when the dataset's epoch moves on.
abstract contract Offers is IOffers, Catalogues {
    struct Offer {
        bool exists;
        uint128 price;
    }

    /// @dev The key holds the dataset's epoch, so that offers lapse with it.
    mapping(bytes32 key => Offer) internal _offers;

    /// @inheritdoc IOffers
    function offer(uint32 dataset, bytes32 termsId, address licensee, uint128 price) external {
        (, DatasetData data) = _checkOwner(dataset);
        StoredTerms storage terms = _knownTerms(termsId);
        _checkClearance(dataset, data, terms.rights, _expiry(block.timestamp, terms.duration));

        _offers[_offerKey(dataset, data.epoch(), termsId, licensee)] = Offer(true, price);

        emit OfferMade(dataset, termsId, licensee, data.epoch(), price);
    }

    /// @inheritdoc IOffers
    function withdrawOffer(uint32 dataset, bytes32 termsId, address licensee) external {
        (, DatasetData data) = _checkOwner(dataset);
        bytes32 key = _offerKey(dataset, data.epoch(), termsId, licensee);
        require(_offers[key].exists, License_NotOffered(dataset, termsId, licensee));

        delete _offers[key];

        emit OfferWithdrawn(dataset, termsId, licensee, data.epoch());
    }

    /// @inheritdoc IOffers
    function offerOf(uint32 dataset, bytes32 termsId, address licensee)
        external
        view
        returns (bool exists, uint128 price)
    {
        (, DatasetData data) = DATASETS.stateOf(dataset);
        Offer storage found = _offers[_offerKey(dataset, data.epoch(), termsId, licensee)];
        return (found.exists, found.price);
    }

    /* INTERNALS */

    /// @dev The price and end of a licence that starts at `start`, if it is on offer and the parents allow it.
    function _quote(
        uint32 dataset,
        bytes32 termsId,
        StoredTerms storage terms,
        address licensee,
        uint256 maxPrice,
        uint256 start
    ) internal view returns (uint256 price, uint32 expiresAt) {
        (, DatasetData data) = DATASETS.stateOf(dataset);
        Offer storage best = _offers[_offerKey(dataset, data.epoch(), termsId, licensee)];
        if (!best.exists) best = _offers[_offerKey(dataset, data.epoch(), termsId, address(0))];
        require(best.exists, License_NotOffered(dataset, termsId, licensee));
        price = best.price;
        require(price <= maxPrice, License_PriceAbove(price, maxPrice));

        uint256 end = _expiry(start, terms.duration);
        require(terms.duration == 0 || end < PERPETUAL, License_TermOverflow(end));
        _checkClearance(dataset, data, terms.rights, end);
        // Below PERPETUAL, or exactly it.
        expiresAt = uint32(end);
    }

    function _offerKey(uint32 dataset, uint32 epoch, bytes32 termsId, address licensee)
        internal
        pure
        returns (bytes32)
    {
        return EfficientHashLib.hash(
            bytes32(uint256(dataset)), bytes32(uint256(epoch)), termsId, bytes32(uint256(uint160(licensee)))
        );
    }
}
