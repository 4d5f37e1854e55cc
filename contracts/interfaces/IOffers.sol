// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title An owner's standing promises of licences
/// @dev Assumptions:
/// - Owners: one may change a price in the block in which it is taken. A purchase states its maximum.
/// - Dataset registry: a dataset's epoch moves with every transfer, and never back, so no offer outlives its owner.
/// - Chain: `block.timestamp` is right to some seconds, and is below 2^32-1, as it is until 2106.
interface IOffers {
    /// @notice The owner promises a licence of `dataset` under these terms at `price` to `licensee` (zero: to anyone),
    /// until withdrawn, until the dataset's epoch moves on, or until `left` licences and renewals were taken at it.
    event OfferMade(
        uint32 indexed dataset,
        bytes32 indexed termsId,
        address indexed licensee,
        uint32 epoch,
        uint128 price,
        uint32 left
    );

    /// @notice The offer stands no longer.
    event OfferWithdrawn(uint32 indexed dataset, bytes32 indexed termsId, address indexed licensee, uint32 epoch);

    /// @notice No offer of the dataset under these terms stands for `licensee` or for anyone.
    error License_NotOffered(uint32 dataset, bytes32 termsId, address licensee);

    /// @notice An offer of no licences is none; withdraw it instead.
    error License_NoneLeft(uint32 dataset, bytes32 termsId, address licensee);

    /// @notice The price is above what the buyer agreed to.
    error License_PriceAbove(uint256 price, uint256 maxPrice);

    /// @notice The licence would end at `expiresAt`, which does not fit before 2^32-1.
    error License_TermOverflow(uint256 expiresAt);

    /// @notice Offers licences of the caller's dataset, or changes an offer.
    /// Warning: a limited offer is not exclusive, as the owner may make it again; and strangers can use up a free one.
    /// @param licensee For whom; zero is anyone. A licensee's own offer comes before anyone's, when the licensee itself or
    /// its signer with the scope pay takes it.
    /// @param price In the smallest unit of the terms' token.
    /// @param left How many licences and renewals may be taken at it; 2^32-1 is any number.
    function offer(uint32 dataset, bytes32 termsId, address licensee, uint128 price, uint32 left) external;

    /// @notice Withdraws an offer of the caller's dataset.
    function withdrawOffer(uint32 dataset, bytes32 termsId, address licensee) external;

    /// @notice The offer that stands for exactly this licensee (zero: for anyone) now: its price, and how many are left.
    /// None left: there is no offer.
    function offerOf(uint32 dataset, bytes32 termsId, address licensee)
        external
        view
        returns (uint128 price, uint32 left);
}
