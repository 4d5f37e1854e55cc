// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Content, IDatasetRegistry, Kind} from "contracts/interfaces/IDatasetRegistry.sol";
import {IIncentivePool} from "contracts/interfaces/IIncentivePool.sol";
import {ILicenseRegistry} from "contracts/interfaces/ILicenseRegistry.sol";
import {IRoyaltySplitter, Share} from "contracts/interfaces/IRoyaltySplitter.sol";
import {IUsageLedger} from "contracts/interfaces/IUsageLedger.sol";

import {ForgeTest} from "./ForgeTest.sol";

/// @dev What every mock of a token has. Those in the style of USDT answer nothing, so nothing is declared to be answered.
interface IMock {
    function mint(address to, uint256 amount) external;
    function approve(address spender, uint256 amount) external;
    function transfer(address to, uint256 amount) external;
    function balanceOf(address holder) external view returns (uint256);
}

interface ITwoEntries {
    function SECOND() external view returns (address);
}

/// @dev ERC-721, where the interfaces of the suite leave it out.
interface IToken721 {
    function transferFrom(address from, address to, uint256 id) external;
    function ownerOf(uint256 id) external view returns (address);
}

/// @title The five contracts, and the money that moves through them
/// @notice ETH, an ordinary token, one in the style of USDT, and one that has two addresses: five names, four balances.
abstract contract Suite is ForgeTest {
    uint256 internal constant NAMES = 5;

    IRoyaltySplitter internal splitter;
    IDatasetRegistry internal datasets;
    ILicenseRegistry internal licenses;
    IUsageLedger internal ledger;
    IIncentivePool internal pool;

    /// @dev The last is the second name of the one before it.
    address[NAMES] internal tokens;

    function deploySuite() internal {
        vm.warp(1_800_000_000);
        splitter = IRoyaltySplitter(deployed("RoyaltySplitter", ""));
        datasets = IDatasetRegistry(deployed("DatasetRegistry", abi.encode(splitter)));
        licenses = ILicenseRegistry(deployed("LicenseRegistry", abi.encode(splitter, datasets)));
        ledger = IUsageLedger(deployed("UsageLedger", abi.encode(splitter, datasets, licenses)));
        pool = IIncentivePool(deployed("IncentivePool", abi.encode(splitter, datasets, ledger)));
        tokens[1] = deployed("MockToken", abi.encode("USDC", 6));
        tokens[2] = deployed("NoReturnToken", "");
        tokens[3] = deployed("DoubleEntryToken", "");
        tokens[4] = ITwoEntries(tokens[3]).SECOND();
    }

    /// @dev For the test that looks at a world from outside.
    function contracts()
        external
        view
        returns (
            IRoyaltySplitter,
            IDatasetRegistry,
            ILicenseRegistry,
            IUsageLedger,
            IIncentivePool,
            address[NAMES] memory
        )
    {
        return (splitter, datasets, licenses, ledger, pool, tokens);
    }

    /* MONEY */

    /// @dev One number for each balance, whatever its names.
    function balanceNumber(uint256 token) internal pure returns (uint256) {
        return token == 4 ? 3 : token;
    }

    function balanceOf(uint256 token, address holder) internal view returns (uint256) {
        return token == 0 ? holder.balance : IMock(tokens[token]).balanceOf(holder);
    }

    /// @dev Gives `holder` this much, and `spender` the allowance, exactly; answers the ETH to send along.
    function ready(uint256 token, address holder, address spender, uint256 amount) internal returns (uint256 value) {
        if (token == 0) {
            vm.deal(holder, holder.balance + amount);
            return amount;
        }
        IMock first = IMock(tokens[balanceNumber(token)]);
        first.mint(holder, amount);
        vm.prank(holder);
        first.approve(spender, 0);
        vm.prank(holder);
        first.approve(spender, amount);
    }

    function transfer(uint256 token, address from, address to, uint256 amount) internal {
        if (token == 0) {
            vm.deal(from, from.balance + amount);
            vm.prank(from);
            (bool sent,) = to.call{value: amount}("");
            holds(sent, "ETH arrives");
        } else {
            IMock(tokens[balanceNumber(token)]).mint(from, amount);
            vm.prank(from);
            IMock(tokens[token]).transfer(to, amount);
        }
    }

    /// @dev Small sums, in which rounding shows, and large ones.
    function sum(uint256 seed) internal pure returns (uint256) {
        return seed % 3 == 0 ? within(seed >> 2, 1, 9) : within(seed >> 2, 1, 10 ** 24);
    }

    /* DATASETS */

    function content(Kind kind, uint256 seed) internal pure returns (Content memory) {
        bool isEmpty = kind == Kind.Catalogue;
        return Content(
            kind,
            uint8(seed % 2) * 2,
            isEmpty ? 0 : 3,
            isEmpty ? bytes32(0) : keccak256(abi.encode(seed)),
            bytes32(~seed | 1)
        );
    }

    /// @dev In payee order, with lines of one payee made one.
    function ordered(Share[] memory shares) internal pure returns (Share[] memory result) {
        for (uint256 i = 1; i < shares.length; ++i) {
            for (uint256 j = i; j != 0 && shares[j].payee < shares[j - 1].payee; --j) {
                (shares[j], shares[j - 1]) = (shares[j - 1], shares[j]);
            }
        }
        uint256 count;
        for (uint256 i; i < shares.length; ++i) {
            if (shares[i].ppm == 0) continue;
            if (count != 0 && shares[count - 1].payee == shares[i].payee) shares[count - 1].ppm += shares[i].ppm;
            else (shares[count].payee, shares[count].ppm, count) = (shares[i].payee, shares[i].ppm, count + 1);
        }
        result = new Share[](count);
        for (uint256 i; i < count; ++i) {
            result[i] = shares[i];
        }
    }

    function single(bytes32 payee) internal pure returns (Share[] memory shares) {
        shares = new Share[](1);
        shares[0] = Share(payee, 1_000_000);
    }
}
