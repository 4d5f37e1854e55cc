// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {ILicenseRegistry} from "../interfaces/ILicenseRegistry.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {ExactSpending} from "./ExactSpending.sol";

/// @title A contract's own licence
/// @notice Holds nothing: a licence belongs to the contract that uses this, which alone decides what it buys.
/// It never pays above the maximum, and never leaves an allowance. `using LicensePurchase for ILicenseRegistry`.
library LicensePurchase {
    using ExactSpending for address;
    using SafeTransferLib for address;

    /// @dev Buys a licence for this contract, out of what it holds, at the price on offer.
    /// Warning: a licence that can be transferred stays here for ever, unless the contract has a function that moves it.
    /// @param maxPrice The most that is paid, in the smallest unit of the terms' token.
    /// @param ref The buyer's own reference, for the event.
    function buy(ILicenseRegistry licenses, uint32 dataset, bytes32 termsId, uint256 maxPrice, bytes32 ref)
        internal
        returns (uint256 licenseId)
    {
        (address token, uint256 price) = quote(licenses, dataset, termsId);
        require(price <= maxPrice, IOffers.License_PriceAbove(price, maxPrice));
        if (token == address(0) || price == 0) {
            return licenses.acquire{value: price}(dataset, termsId, price, address(this), ref);
        }

        address splitter = address(licenses.SPLITTER());
        uint256 balanceBefore = token.balanceOf(splitter);
        token.safeApproveWithRetry(address(licenses), price);
        licenseId = licenses.acquire(dataset, termsId, price, address(this), ref);
        token.endAllowance(address(licenses));
        token.checkReceived(splitter, balanceBefore, price);
    }

    /// @dev What a licence costs this contract now: its own offer comes before anyone's. Zero, too, where none stands.
    function quote(ILicenseRegistry licenses, uint32 dataset, bytes32 termsId)
        internal
        view
        returns (address token, uint256 price)
    {
        uint32 left;
        (price, left) = licenses.offerOf(dataset, termsId, address(this));
        if (left == 0) (price,) = licenses.offerOf(dataset, termsId, address(0));
        token = licenses.termsOf(termsId).token;
    }
}
