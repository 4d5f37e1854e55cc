// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRelayable} from "./IRelayable.sol";

/// @notice One line of a split.
/// @param payee Below 2^160 an address; otherwise an account, `keccak256(abi.encode(address controller, bytes32 key))`.
/// @param ppm Parts per million of everything the split receives.
struct Share {
    bytes32 payee;
    uint32 ppm;
}

/// @title A contract that pays several accounts at once
/// @notice What `IRoyaltySplitter.credit` asks of its caller.
interface IRoyaltyPayer {
    /// @notice Sends exactly `amount` of `token` to the splitter, which calls in the middle of `credit`.
    /// Warning: refuse everybody but the splitter, and spend only what `data`, as one's own call of `credit` put it, names.
    function sendRoyalties(address token, uint256 amount, bytes calldata data) external;
}

/// @title Who is owed
/// @notice Holds all royalties and owes them to the payees of splits. A split never changes; an account is pointed at a
/// split by its controller alone; nobody can lower what a payee may claim. Token zero is ETH.
/// Only money that is seen to arrive is credited, whatever lies here: a balance can be reached through two addresses.
/// @dev Assumptions:
/// - Tokens, for safety: nothing but transfers changes a balance. Where something else does, any caller can take a rise,
/// even a recovery, and after a fall the last to claim bear it; no other token is touched. A fee on transfers makes `pay`
/// and `credit` revert, and `sweep` credits what arrived.
/// - Tokens, for liveness: one that blocks the splitter blocks it for all who are owed it, one that blocks a recipient for
/// that one.
/// - Payers: nobody addresses money to the splitter itself. It would be anybody's: a signed EIP-3009 transfer to it can be
/// submitted in the middle of a stranger's payment. `addressOf` is the address to give.
/// - Callers: a contract does not wrap calls of this one in try/catch, where whoever supplies too little gas could make an
/// honest account forfeit; and it never sums amounts of different tokens.
/// - Recipients: they take what they are paid. One that does not fails its own claims alone.
/// - Chain: it has transient storage (EIP-1153) and computes addresses by EIP-1014. A split of 1,000 payees is created, and
/// moved, within the 2^24 gas that a transaction may use (EIP-7825). After a chain split an address is good on both chains.
/// - Solady: `SafeTransferLib` takes true or no answer for success, and only from a contract; `MerkleProofLib` hashes pairs
/// in ascending order; `fullMulDiv` is exact and rounds down.
interface IRoyaltySplitter is IRelayable {
    /// @notice A split exists. The list is all that is needed to rebuild any proof, and is emitted whenever somebody
    /// creates the split again, so that it can be had back where old logs are gone.
    event SplitCreated(bytes32 indexed splitId, Share[] shares);

    /// @notice What `account` (of `controller` and `key`) receives from now on belongs to `splitId`.
    event AccountAssigned(bytes32 indexed account, bytes32 indexed splitId, address indexed controller, bytes32 key);

    /// @notice `amount` of `token` arrived from `payer` for `account` and was credited to the split behind it.
    /// The payer of a `sweep` is the payment address.
    event Credited(
        bytes32 indexed account, bytes32 indexed splitId, address indexed token, address payer, uint256 amount
    );

    /// @notice `amount` of `token` left the splitter for `payee`, paid to `recipient`.
    event Claimed(
        bytes32 indexed payee, bytes32 indexed splitId, address indexed token, address recipient, uint256 amount
    );

    /// @notice `amount` of `token` owed to the account `payee` was credited to `toSplit`; no token moved.
    event Forwarded(
        bytes32 indexed splitId, bytes32 indexed payee, bytes32 indexed toSplit, address token, uint256 amount
    );

    /// @notice Claims of `payee` are paid to `recipient` from now on.
    event RecipientSet(address indexed payee, address indexed recipient);

    /// @notice A split has between 1 and 1,000 payees.
    error Splitter_PayeeCount(uint256 count);

    /// @notice Payees are strictly ascending; `payee` at `index` is not above the one before it (or is zero).
    error Splitter_PayeeOrder(uint256 index, bytes32 payee);

    /// @notice The splitter itself cannot be a payee or a recipient.
    error Splitter_PaysItself();

    /// @notice `payee` is an address written to the left of its word, where nobody could ever claim.
    error Splitter_LeftAlignedPayee(uint256 index, bytes32 payee);

    /// @notice A share is more than nothing.
    error Splitter_ZeroShare(uint256 index, bytes32 payee);

    /// @notice Shares sum to exactly 1,000,000.
    error Splitter_ShareSum(uint256 sum);

    /// @notice No split of that id was created.
    error Splitter_UnknownSplit(bytes32 splitId);

    /// @notice The account is not assigned to a split yet, so money for it stays where it is.
    error Splitter_UnassignedAccount(bytes32 account);

    /// @notice The proof does not show (payee, ppm) to be a line of the split.
    error Splitter_InvalidProof(bytes32 splitId, bytes32 payee, uint32 ppm);

    /// @notice ETH sent along is not the amount stated, or was sent with a token.
    error Splitter_WrongValue(uint256 expected, uint256 sent);

    /// @notice `expected` of `token` was to arrive, and `arrived` did.
    error Splitter_NotReceived(address token, uint256 expected, uint256 arrived);

    /// @notice The token did not say what the splitter holds of it, so nothing can be seen to arrive.
    error Splitter_BalanceUnknown(address token);

    /// @notice Nothing is not paid: it would only write somebody's name beside an account.
    error Splitter_NothingPaid(address token);

    /// @notice An address is not an account and has no payment address; pay it directly.
    error Splitter_NotAnAccount(bytes32 account);

    /// @notice ETH comes with `pay` or `credit`, or to a payment address; sent by itself it would be nobody's.
    error Splitter_PlainEther(address sender);

    /// @notice One amount for each account.
    error Splitter_LengthMismatch(uint256 accounts, uint256 amounts);

    /// @notice Creates a split, or finds it: the same list is the same split, whoever names it. Emits the list either way.
    /// A split is its own account: paid under its id, money is the split's, unless somebody controls an account of that id.
    /// @param shares Payees strictly ascending, none zero or left-aligned; each ppm above zero; summing to 1,000,000; at
    /// most 1,000. A payee may be the id of another split, so that any number can be paid.
    /// @return splitId The Merkle root over `hashStruct(Share)` in payee order.
    function createSplit(Share[] calldata shares) external returns (bytes32 splitId);

    /// @notice Points the caller's account `key` at a split. Earlier credits stay with the split they arrived under.
    /// Warning: whoever controls an account decides who is paid through it.
    /// @return account `keccak256(abi.encode(caller, key))`.
    function assign(bytes32 key, bytes32 splitId) external returns (bytes32 account);

    /// @notice Points several of the caller's accounts at one split.
    function assignMany(bytes32[] calldata keys, bytes32 splitId) external;

    /// @notice Sets who is paid when the caller, as a payee, is claimed for. Zero means the caller itself.
    function setRecipient(address recipient) external;

    /// @notice Pays an account from the caller's own money: ETH sent along, or an approved token, which must arrive.
    function pay(bytes32 account, address token, uint256 amount) external payable;

    /// @notice For contracts: pays several accounts at once. ETH is sent along, exactly the sum; a token is asked of the
    /// direct caller, by `IRoyaltyPayer.sendRoyalties` with the sum and `data`, and must arrive before this ends.
    function credit(bytes32[] calldata accounts, address token, uint256[] calldata amounts, bytes calldata data)
        external
        payable;

    /// @notice `credit` for one account, at less gas.
    function creditOne(bytes32 account, address token, uint256 amount, bytes calldata data) external payable;

    /// @notice Moves what lies at the account's payment address into the splitter, and credits what arrived. Anyone may.
    /// @return amount What arrived; zero is not an error.
    function sweep(bytes32 account, address token) external returns (uint256 amount);

    /// @notice Pays a payee what it is owed by a split. Anyone may trigger it; the money goes to the payee's recipient,
    /// or, where the payee is an account, as a credit to the split it is assigned to.
    /// @param proof Shows `Share(payee, ppm)` under `splitId`.
    /// @return amount What was paid; zero is not an error, so that nobody spoils a batch by claiming first.
    function claim(bytes32 splitId, address token, bytes32 payee, uint32 ppm, bytes32[] calldata proof)
        external
        returns (uint256 amount);

    /// @notice What a payee with `ppm` of the split can claim now. The share itself is not checked here.
    function owedOf(bytes32 splitId, address token, bytes32 payee, uint32 ppm) external view returns (uint256);

    /// @notice All that a split was ever credited with, forwards included.
    function receivedOf(bytes32 splitId, address token) external view returns (uint256);

    /// @notice All that a payee was ever paid by a split.
    function claimedOf(bytes32 splitId, address token, bytes32 payee) external view returns (uint256);

    /// @notice The split that money for `account` belongs to: the one it is assigned to, or itself; zero if none.
    function splitOf(bytes32 account) external view returns (bytes32);

    /// @notice How many payees a split has; zero if it was not created.
    function payeeCountOf(bytes32 splitId) external view returns (uint256);

    /// @notice Who is paid when `payee` is claimed for.
    function recipientOf(address payee) external view returns (address);

    /// @notice `keccak256(abi.encode(controller, key))`.
    function accountOf(address controller, bytes32 key) external pure returns (bytes32);

    /// @notice The account's payment address: plain transfers to it reach the account with the next `sweep`.
    /// It is the same before and after the first sweep, and differs between chains. Reverts for an address.
    /// Warning: money sent to it on another chain is lost.
    function addressOf(bytes32 account) external view returns (address);
}
