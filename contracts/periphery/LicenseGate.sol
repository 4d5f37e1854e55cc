// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILicenseRegistry, Status} from "../interfaces/ILicenseRegistry.sol";

/// @title LicenseGate
/// @notice Holds which licence registry is asked. Nobody changes that after deployment.
/// It never keeps an answer, so a licence that ended or changed hands stops opening it at once, and never counts a use.
abstract contract LicenseGate {
    /// @notice Whose licences open it.
    ILicenseRegistry public immutable LICENSES;

    /// @notice The licence does not let `account` do all of `rights` with `dataset` now; `status` is the first reason.
    error Gate_NotLicensed(uint256 licenseId, address account, uint32 dataset, uint16 rights, Status status);

    /// @dev Lets pass whoever `isAuthorized`.
    /// Warning: `account` is who acts, `msg.sender` in most contracts; an account that the caller merely names shows nothing.
    /// @param rights Bits, all of them asked for; see the library `Rights`. Zero asks for coverage alone.
    modifier onlyLicensed(uint256 licenseId, address account, uint32 dataset, uint16 rights) {
        _checkLicensed(licenseId, account, dataset, rights);
        _;
    }

    constructor(ILicenseRegistry licenses) {
        LICENSES = licenses;
    }

    function _checkLicensed(uint256 licenseId, address account, uint32 dataset, uint16 rights) internal view {
        Status status = _statusOf(licenseId, account, dataset, rights);
        require(status == Status.Valid, Gate_NotLicensed(licenseId, account, dataset, rights, status));
    }

    /// @dev Who is asked.
    function _statusOf(uint256 licenseId, address account, uint32 dataset, uint16 rights)
        internal
        view
        virtual
        returns (Status)
    {
        return LICENSES.statusOf(licenseId, account, dataset, rights);
    }
}
