import type { CreateOrderRequest, ListRewards200ResponseRewardsInnerValueCurrencyCodeEnum } from "tremendous";
import { majorOf } from "../../money.ts";
import type { OrderRequest } from "../provider.ts";
import type { TremendousOptions, TremendousSettings } from "./settings.ts";

/** Made from the frozen request and the settings alone, so that every attempt sends the same body. */
export const orderBody = (
  { key, value, title, recipient }: OrderRequest,
  { products, campaign }: TremendousOptions,
  settings: TremendousSettings,
): CreateOrderRequest => {
  const campaignId = campaign ?? settings.campaign;
  return {
    external_id: key,
    payment: { funding_source_id: settings.fundingSource },
    reward: {
      ...(products && { products }),
      ...(campaignId && { campaign_id: campaignId }),
      value: {
        denomination: majorOf(value),
        // any ISO code: Tremendous refuses the ones that it does not pay in
        currency_code: value.currency as ListRewards200ResponseRewardsInnerValueCurrencyCodeEnum,
      },
      recipient: {
        ...(recipient.name && { name: recipient.name }),
        ...(recipient.email && { email: recipient.email }),
      },
      language: recipient.language.slice(0, 2).toLowerCase(),
      // a link for our own claim page: Tremendous tells nobody. A campaign brings its own words.
      delivery: { method: "LINK", ...(!campaignId && { meta: { message: title } }) },
    },
  };
};
