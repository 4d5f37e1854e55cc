// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILicenseRegistry} from "../../contracts/interfaces/ILicenseRegistry.sol";
import {Rights} from "../../contracts/libraries/Rights.sol";
import {DatasetPayer} from "../../contracts/periphery/DatasetPayer.sol";
import {LicenseGate} from "../../contracts/periphery/LicenseGate.sol";
import {LicensePurchase} from "../../contracts/periphery/LicensePurchase.sol";

/// @title Plays, for a coin, what it holds a licence to play
/// @notice Every coin goes to those who made the music, and nothing stays here.
contract Jukebox is LicenseGate, DatasetPayer {
    using LicensePurchase for ILicenseRegistry;

    /// @dev What a play costs: `PRICE` of `COIN`, zero for ETH.
    address internal immutable COIN;
    uint256 internal immutable PRICE;

    event Stocked(uint32 indexed dataset, uint256 indexed licenseId);
    event Played(uint32 indexed dataset, address indexed by);

    constructor(ILicenseRegistry licenses, address coin, uint256 price)
        LicenseGate(licenses)
        DatasetPayer(licenses.DATASETS())
    {
        (COIN, PRICE) = (coin, price);
    }

    /// @notice Takes a licence for the jukebox, at the caller's expense.
    function stock(uint32 dataset, bytes32 termsId, uint256 maxPrice) external payable {
        (address token, uint256 price) = LICENSES.quote(dataset, termsId);
        _takeFromCaller(token, price);
        uint256 licenseId = LICENSES.buy(dataset, termsId, maxPrice, bytes32(0));

        emit Stocked(dataset, licenseId);
    }

    /// @notice Plays a dataset under one of the jukebox's licences.
    function play(uint32 dataset, uint256 licenseId)
        external
        payable
        onlyLicensed(licenseId, address(this), dataset, Rights.PLAYBACK)
    {
        emit Played(dataset, msg.sender);

        _takeFromCaller(COIN, PRICE);
        _payDataset(dataset, COIN, PRICE);
    }
}
