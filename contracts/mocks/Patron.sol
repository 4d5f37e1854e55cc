// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {ILicenseRegistry} from "../interfaces/ILicenseRegistry.sol";
import {DatasetPayer} from "../periphery/DatasetPayer.sol";
import {LicensePurchase} from "../periphery/LicensePurchase.sol";

/// @title Pays datasets and buys licences for whoever asks, from what it holds or from what it is given
contract Patron is DatasetPayer {
    using LicensePurchase for ILicenseRegistry;
    using SafeTransferLib for address;

    constructor(IDatasetRegistry datasets) DatasetPayer(datasets) {}

    receive() external payable {}

    function pay(uint32 dataset, address token, uint256 amount) external {
        _payDataset(dataset, token, amount);
    }

    function passOn(uint32 dataset, address token, uint256 amount) external payable {
        _takeFromCaller(token, amount);
        _payDataset(dataset, token, amount);
    }

    function take(address token, uint256 amount) external payable {
        _takeFromCaller(token, amount);
    }

    function buy(ILicenseRegistry licenses, uint32 dataset, bytes32 termsId, uint256 maxPrice, bytes32 ref) external {
        licenses.buy(dataset, termsId, maxPrice, ref);
    }

    /// @notice An allowance that somebody forgot.
    function forget(address token, address spender, uint256 amount) external {
        token.safeApprove(spender, amount);
    }
}
