// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LicensingWorld} from "./LicensingWorld.sol";
import {Suite} from "./Suite.sol";

/// @title What holds of licences and clearances after every step of a random life
contract LicensingTest is Suite {
    LicensingWorld internal world;

    function setUp() external {
        world = new LicensingWorld();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(world);
    }

    /// @dev Views of the world.
    function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0] = FuzzSelector(address(world), new bytes4[](3));
        excluded[0].selectors[0] = LicensingWorld.checkLineage.selector;
        excluded[0].selectors[1] = LicensingWorld.checkCoverage.selector;
        excluded[0].selectors[2] = LicensingWorld.checkIssued.selector;
    }

    /// @dev P8, P14, P16: that clearances only widen, the world checks around each step.
    function invariant_noLicenceGoesBeyondWhatParentsAllowed() external view {
        uint256 step = world.steps();
        world.checkIssued(step);
        for (uint32 id = 1; id < 8; ++id) {
            world.checkCoverage(step, id);
            world.checkLineage(id);
        }
    }
}
