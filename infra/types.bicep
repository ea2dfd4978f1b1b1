// The members are those of the setting PARTNER_ACCOUNTS; docs/settings.md says what each may hold.
@export()
@description('A Microsoft partner account whose balance is recorded.')
@sealed()
type partnerAccount = {
  name: string?
  tenantId: guidText
  clientId: guidText
  credential: ('vault' | 'federated')?
  secretName: string?
  auth: ('app' | 'app_user')?
  refreshTokenName: string?
  balances: ('summary' | 'summaries')?
  creditLimit: string?
  cloud: ('global' | 'usgov' | 'china')?
}

@minLength(36)
@maxLength(36)
type guidText = string

@export()
@description('Tags of Azure resources: names and values.')
type tagSet = {
  *: string
}
