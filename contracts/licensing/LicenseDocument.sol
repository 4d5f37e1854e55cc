// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "solady/utils/Base64.sol";
import {LibString} from "solady/utils/LibString.sol";

import {License} from "../interfaces/ILicenseRegistry.sol";
import {Meter, StoredTerms} from "../interfaces/ITermsBook.sol";
import {Rights} from "../libraries/Rights.sol";

/// @title What a licence token says about itself
/// @notice Writes ERC-721 metadata from what it is given: the terms, and until when they hold. Has no state; the licence
/// registry deploys it beside itself, because the text would not fit within its own code.
contract LicenseDocument {
    using LibString for uint256;

    /// @notice A `data:` address of the JSON document.
    function uri(uint256 licenseId, License memory license, StoredTerms memory terms)
        external
        pure
        returns (string memory)
    {
        string memory head = string.concat(
            "{\"name\":\"Audiera licence ",
            licenseId.toString(),
            "\",\"description\":\"Licence of dataset ",
            uint256(license.dataset).toString(),
            " under the terms ",
            uint256(license.termsId).toHexString(32),
            ". The legal text is the one whose digest these terms were published with.\",\"attributes\":["
        );
        return string.concat(
            "data:application/json;base64,",
            Base64.encode(bytes(string.concat(head, _conditions(license, terms), _price(terms), "]}")))
        );
    }

    function _conditions(License memory license, StoredTerms memory terms) private pure returns (string memory) {
        return string.concat(
            _text("Rights", Rights.names(terms.rights)),
            _number("Dataset", license.dataset),
            _number("Expires at", license.expiresAt),
            _number("Notice", terms.notice),
            _number("Units at most", terms.maxUnits),
            _number("Derivative ppm", terms.derivativePpm),
            _number("Flags", terms.flags),
            _text("Revoked", license.revoked ? "yes" : "no"),
            _text("Locked", license.locked ? "yes" : "no")
        );
    }

    function _price(StoredTerms memory terms) private pure returns (string memory) {
        string[3] memory meters = ["Call", "Second", "Megabyte"];
        return string.concat(
            _text("Token", LibString.toHexStringChecksummed(terms.token)),
            _text("Meter", meters[uint8(terms.meter)]),
            "{\"trait_type\":\"Unit price\",\"value\":\"",
            uint256(terms.unitPrice).toString(),
            "\"}"
        );
    }

    function _text(string memory trait, string memory value) private pure returns (string memory) {
        return string.concat("{\"trait_type\":\"", trait, "\",\"value\":\"", value, "\"},");
    }

    function _number(string memory trait, uint256 value) private pure returns (string memory) {
        return string.concat("{\"trait_type\":\"", trait, "\",\"value\":", value.toString(), "},");
    }
}
