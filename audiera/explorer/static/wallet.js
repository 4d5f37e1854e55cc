// What a page of /act/ has prepared, signed by a wallet that the visitor chooses (EIP-6963). No key is ever asked for.
"use strict";
(() => {
  const place = document.getElementById("wallet");
  const list = document.getElementById("wallets");
  const said = document.getElementById("said");
  const form = document.getElementById("asks");
  if (!place) return;

  const prepared = JSON.parse(document.getElementById("prepared").textContent);
  const chain = "0x" + Number(place.dataset.chain).toString(16);
  const signer = place.dataset.account;
  const found = new Set();
  const PATIENCE = 120; // seconds in which a block should come
  let busy = false;

  class Refusal extends Error {}

  function say(sentence) {
    said.textContent = sentence;
  }

  function same(one, other) {
    return String(one).toLowerCase() === String(other).toLowerCase();
  }

  function text(value, most) {
    return String(value ?? "").replace(/[\p{C}\s]+/gu, " ").trim().slice(0, most);
  }

  function ask(wallet, method, params) {
    return wallet.provider.request(params ? { method, params } : { method });
  }

  async function accountOf(wallet) {
    const accounts = await ask(wallet, "eth_requestAccounts");
    if (!accounts || !accounts.length) throw new Refusal("The wallet named no account.");
    return accounts[0];
  }

  async function rightChain(wallet) {
    if (same(await ask(wallet, "eth_chainId"), chain)) return;
    say(`Your wallet is on another chain; it is asked to change to chain ${place.dataset.chain}.`);
    try {
      await ask(wallet, "wallet_switchEthereumChain", [{ chainId: chain }]);
    } catch (error) {
      if (error && error.code === 4001) throw error;
      throw new Refusal(`The wallet did not change to chain ${place.dataset.chain}; choose it there, and try again. Nothing was sent.`);
    }
    if (!same(await ask(wallet, "eth_chainId"), chain)) {
      throw new Refusal(`The wallet stayed on another chain than ${place.dataset.chain}. Nothing was sent.`);
    }
  }

  // The same page, asked again: what it would prepare now must be what is shown here, to the byte.
  async function stillTrue() {
    let answer;
    try {
      answer = await fetch(place.dataset.json, { cache: "no-store", credentials: "omit" });
    } catch {
      throw new Refusal("This page could not be checked again, so nothing was sent. Try again when you are online.");
    }
    const now = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refusal(`${text(now.error, 300) || "This page could not be checked again."} Nothing was sent.`);
    const unchanged = JSON.stringify(now.calls) === JSON.stringify(prepared);
    if (!unchanged || String(now.index.chain_id) !== place.dataset.chain) {
      throw new Refusal("This has changed since the page was made; nothing was sent. Load the page again and read it anew.");
    }
  }

  async function isNeeded(wallet, call) {
    if (!call.need) return true;
    const answer = await ask(wallet, "eth_call", [{ to: call.to, data: call.need.data }, "latest"]);
    if (!/^0x[0-9a-f]{64}$/i.test(answer)) throw new Refusal("The token does not say what is approved. Nothing was sent.");
    const standing = BigInt(answer);
    return standing >= BigInt(call.need.least) && standing <= BigInt(call.need.most);
  }

  async function mined(wallet, hash) {
    for (let waited = 0; waited < PATIENCE; waited++) {
      const receipt = await ask(wallet, "eth_getTransactionReceipt", [hash]).catch(() => null);
      if (receipt) return receipt;
      await new Promise((done) => setTimeout(done, 1000));
    }
    return null;
  }

  async function send(wallet, account, at) {
    const call = prepared[at];
    if (!(await isNeeded(wallet, call))) return true;
    await stillTrue();
    await rightChain(wallet);
    say(`${call.title}: your wallet asks you to confirm.`);
    const value = "0x" + BigInt(call.value).toString(16);
    const hash = await ask(wallet, "eth_sendTransaction", [{ from: account, to: call.to, data: call.data, value }]);
    const shown = document.querySelector(`#call-${at} .sent`);
    shown.textContent = `Sent as transaction ${text(hash, 66)}`;
    say(`${call.title}: sent as transaction ${text(hash, 66)}, and not yet mined.`);
    const receipt = await mined(wallet, hash);
    if (!receipt) {
      say(`${call.title}: sent as transaction ${text(hash, 66)}, and still not mined; look for it in your wallet before you try again.`);
      return false;
    }
    if (!same(receipt.status, "0x1")) {
      shown.textContent += ", reverted.";
      say(`${call.title}: the contract refused transaction ${text(hash, 66)}; only gas was paid.`);
      return false;
    }
    shown.textContent += `, in block ${Number(receipt.blockNumber)}.`;
    say(`${call.title}: done, in block ${Number(receipt.blockNumber)}, by transaction ${text(hash, 66)}.`);
    return true;
  }

  async function nameAccount(wallet) {
    const account = await accountOf(wallet);
    const field = document.getElementById("ask-account");
    if (field) field.value = account;
    if (!form.checkValidity()) say("Your account is filled in; fill in the rest.");
    form.requestSubmit();
  }

  async function carryOut(wallet) {
    const account = await accountOf(wallet);
    if (signer && !same(account, signer)) {
      const again = document.getElementById("ask-account");
      if (again) again.value = account;
      throw new Refusal(
        `This is for ${signer} to sign, and your wallet is at ${text(account, 42)}. Nothing was sent. ` +
          (again ? "Choose that account there, or prepare it anew for this one." : "Choose that account there."),
      );
    }
    await rightChain(wallet);
    await stillTrue();
    for (let at = 0; at < prepared.length; at++) if (!(await send(wallet, account, at))) return;
  }

  function failure(error) {
    if (error instanceof Refusal) return error.message;
    if (error && error.code === 4001) return "You said no in your wallet. Nothing was sent.";
    if (error && error.code === -32002) return "Your wallet is waiting for an answer to an earlier question; look there.";
    const why = text(error && error.message, 200);
    return `Your wallet refused${why ? `: ${why}` : "."}`;
  }

  async function start(wallet, button) {
    if (busy) return;
    busy = true;
    button.setAttribute("aria-disabled", "true");
    try {
      await (prepared.length ? carryOut(wallet) : nameAccount(wallet));
    } catch (error) {
      say(failure(error));
    } finally {
      busy = false;
      button.removeAttribute("aria-disabled");
      if (document.activeElement === document.body) button.focus();
    }
  }

  function announce(event) {
    const { info, provider } = event.detail ?? {};
    if (!info || !provider || typeof provider.request !== "function" || found.has(info.uuid)) return;
    if (found.size >= 20 || (!prepared.length && !document.getElementById("ask-account"))) return;
    found.add(info.uuid);
    const wallet = { provider };
    const button = document.createElement("button");
    button.type = "button";
    if (/^data:image\//.test(info.icon)) {
      const icon = document.createElement("img");
      icon.src = info.icon;
      icon.alt = "";
      icon.width = icon.height = 24;
      button.append(icon);
    }
    const name = text(info.name, 40) || "a wallet without a name";
    button.append(prepared.length ? `Sign with ${name}` : `Use my account of ${name}`);
    button.addEventListener("click", () => start(wallet, button));
    const item = document.createElement("li");
    item.append(button);
    list.append(item);
    place.hidden = false;
  }

  addEventListener("eip6963:announceProvider", announce);
  dispatchEvent(new Event("eip6963:requestProvider"));
})();
